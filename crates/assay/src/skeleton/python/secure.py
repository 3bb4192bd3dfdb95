def {{snake}}(value: str) -> str:
    raise NotImplementedError("TO BE WRITTEN: a solution that does what the brief says, and that no attack harms")
