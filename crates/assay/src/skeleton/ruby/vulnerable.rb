# frozen_string_literal: true

# {{words}}.
module {{pascal}}
  def self.{{snake}}(value)
    raise NotImplementedError, "TO BE WRITTEN: a solution that does what the brief says, with a mistake that people make"
  end
end
