import datetime
import sys
import uuid

import pytest

from notice_template import settings
from notice_template.models import Customer, Line, Notice, Order, Shop
from notice_template.notice_template import render_notice

# Ways from what a template can see to the name space of some Python module.
WAYS_TO_GLOBALS = (
    "cycler.__init__.__globals__",
    "joiner.__init__.__globals__",
    "namespace.__init__.__globals__",
    "lipsum.__globals__",
    "cycler('x').next.__globals__",
    "self.__init__.__globals__",
    "self._TemplateReference__context.get_exported.__globals__",
    "order.lines[0].__init__.__globals__",
    "customer.__init__.__globals__",
    "order.__class__.total_cents.fget.__globals__",
    "undefined_name.__init__.__globals__",
)


@pytest.fixture
def canary(tmp_path):
    """A path that exists only after an exploit succeeded."""
    return tmp_path / f"canary-{uuid.uuid4().hex}"


@pytest.fixture
def secret(monkeypatch):
    """A secret of the platform that must not appear in any notice."""
    secret = uuid.uuid4().hex
    monkeypatch.setattr(settings, "MAIL_PASSWORD", secret)
    return secret


def make_notice(name="Ada", title="Lamp", shop="Shop", city="London"):
    return Notice(
        Customer(name, city),
        Order("17", datetime.date(2024, 3, 5), (Line(title, 1, 100),)),
        Shop(shop),
    )


def render(wording, notice=None):
    """What the attacker sees, as subject and as body; a refused wording shows nothing."""
    notice = notice or make_notice()
    seen = []
    for subject, body in ((wording, "b"), ("s", wording)):
        try:
            seen.append(repr(render_notice(subject, body, notice)))
        except Exception:
            pass
    return "".join(seen)


def open_call(canary):
    return f"('{canary}', 'w').close()"


def test_builtin_functions_through_global_names(canary):
    for way in WAYS_TO_GLOBALS:
        for builtins in ("['__builtins__']['open']", ".__builtins__.open", ".get('__builtins__').get('open')"):
            render("{{ " + way + builtins + open_call(canary) + " }}")
            assert not canary.exists(), way


def test_shell_command_through_the_os_module(canary):
    for way in WAYS_TO_GLOBALS:
        render("{{ " + way + f".os.popen('echo > {canary}').read() }}}}")
        render("{{ " + way + f"['__builtins__']['__import__']('os').system('echo > {canary}') }}}}")
        assert not canary.exists(), way


def test_shell_command_through_the_tree_of_classes(canary):
    for start in ("''", "()", "[]", "{}", "1", "customer", "order.lines", "order.placed_on", "none"):
        for root in ("__base__", "__mro__[-1]", "mro()[-1]"):
            render(
                "{% for c in " + start + ".__class__." + root + ".__subclasses__() %}"
                "{% if c.__name__ == '_wrap_close' %}"
                "{{ c.__init__.__globals__['system']('echo > " + str(canary) + "') }}"
                "{% endif %}{% endfor %}"
            )
            assert not canary.exists(), start


def test_attribute_names_hidden_from_a_search(canary):
    def name(middle):
        return (
            f"'_' ~ '_{middle}_' ~ '_'",
            f"'\\x5f\\x5f{middle}\\x5f\\x5f'",
            f"['_', '_{middle}_', '_']|join",
            f"'%c%c{middle}%c%c'|format(95, 95, 95, 95)",
            f"('_' * 2) ~ '{middle}' ~ ('_' * 2)",
            f"'_!_{middle}_!_'|replace('!', '')",
            f"'_'|string ~ '_{middle[::-1]}_'|reverse ~ '_'",
        )

    for start in ("cycler", "joiner", "namespace"):
        for init, glob, built, imp in zip(name("init"), name("globals"), name("builtins"), name("import")):
            render(
                f"{{% set g = ({start}|attr({init}))|attr({glob}) %}}"
                f"{{{{ g.get({built}).get('op' ~ 'en'){open_call(canary)} }}}}"
            )
            assert not canary.exists(), init
            render(
                f"{{% set g = {start}[{init}][{glob}] %}}"
                f"{{{{ g[{built}][{imp}]('o' ~ 's')['sys' ~ 'tem']('echo > {canary}') }}}}"
            )
            assert not canary.exists(), init


def test_attributes_through_filters(canary):
    for start in ("[cycler]", "[joiner]", "[namespace]"):
        render(
            "{% set g = " + start + "|map(attribute='__init__.__globals__')|first %}"
            "{{ g['__builtins__']['open']" + open_call(canary) + " }}"
        )
        render(
            "{% set g = " + start + "|map('attr', '__init__')|map('attr', '__globals__')|first %}"
            "{{ g['__builtins__']['open']" + open_call(canary) + " }}"
        )
        render(
            "{% for group in " + start + "|groupby('__init__.__globals__') %}"
            "{{ group.grouper['__builtins__']['open']" + open_call(canary) + " }}{% endfor %}"
        )
        assert not canary.exists()


def test_file_content_is_not_shown(tmp_path):
    content = uuid.uuid4().hex
    file = tmp_path / uuid.uuid4().hex
    file.write_text(content)
    for way in WAYS_TO_GLOBALS:
        assert content not in render("{{ " + way + f"['__builtins__']['open']('{file}').read() }}}}"), way
        assert content not in render("{{ " + way + f".os.popen('cat {file}').read() }}}}"), way
    for path in (str(file), f"..{file}", f"../../../../../..{file}", file.name):
        assert content not in render("{% include '" + path + "' %}")
        assert content not in render("{% extends '" + path + "' %}")


def test_settings_are_not_shown(secret):
    for start in ("customer", "order", "shop", "order.lines[0]"):
        for attribute in ("__init__", "__eq__", "__repr__.__wrapped__", "__class__.__init__"):
            assert secret not in render("{{ " + f"{start}.{attribute}.__globals__.settings.MAIL_PASSWORD" + " }}")
            assert secret not in render("{{ " + f"{start}.{attribute}.__globals__['settings'].__dict__" + " }}")


def test_settings_are_not_shown_by_loaded_modules(secret):
    assert settings.__name__ in sys.modules
    for way in WAYS_TO_GLOBALS:
        for modules in (".sys.modules", ".os.sys.modules", "['__builtins__']['__import__']('sys').modules"):
            assert secret not in render("{{ " + way + modules + f"['{settings.__name__}'].MAIL_PASSWORD" + " }}"), way


def test_settings_are_not_shown_by_format_strings(secret):
    field = "0.__init__.__globals__[settings].MAIL_PASSWORD"
    named = "a.__init__.__globals__[settings].MAIL_PASSWORD"
    for wording in (
        "{{ '{" + field + "}'.format(customer) }}",
        "{{ '{" + named + "}'.format(a=customer) }}",
        "{{ '{" + named + "}'.format_map({'a': customer}) }}",
        "{{ ('{" + field + "}'|attr('format'))(customer) }}",
        "{{ ('{" + named + "}'|attr('format_map'))({'a': customer}) }}",
        "{% set f = '{" + field + "}'.format %}{{ f(customer) }}",
        "{{ '{" + field + "}'['format'](customer) }}",
        "{{ ['{" + field + "}']|map(attribute='format')|first }}{{ (['{" + field + "}']|map(attribute='format')|first)(customer) }}",
        "{{ (['{" + field + "}']|map('attr', 'format')|first)(customer) }}",
        "{{ ('{" + field + "}'|safe).format(customer) }}",
        "{{ (('{" + field + "}'|escape)|attr('format'))(customer) }}",
    ):
        assert secret not in render(wording), wording


def test_environment_variables_are_not_shown(monkeypatch):
    value = uuid.uuid4().hex
    monkeypatch.setenv("PLATFORM_KEY", value)
    for way in WAYS_TO_GLOBALS:
        for environ in (".os.environ", "['__builtins__']['__import__']('os').environ"):
            assert value not in render("{{ " + way + environ + " }}"), way


def test_settings_are_not_changed(secret):
    other = uuid.uuid4().hex
    for start in ("customer", "order", "shop"):
        globals_ = start + ".__init__.__globals__"
        render("{{ " + f"{globals_}.settings.__dict__.update(MAIL_PASSWORD='{other}')" + " }}")
        render("{{ " + f"{globals_}.settings.__setattr__('MAIL_PASSWORD', '{other}')" + " }}")
        render("{{ " + f"{start}.__class__.__setattr__({globals_}.settings, 'MAIL_PASSWORD', '{other}')" + " }}")
        assert settings.MAIL_PASSWORD == secret


def test_order_data_is_not_changed():
    notice = make_notice()
    other = uuid.uuid4().hex
    for wording in (
        "{{ customer.__dict__.update(name='" + other + "') }}",
        "{{ customer.__dict__.__setitem__('name', '" + other + "') }}",
        "{{ (customer|attr('__dict__')).update({'name': '" + other + "'}) }}",
    ):
        render(wording, notice)
        assert notice.customer.name == "Ada"


def test_values_are_not_rendered_as_templates(canary, secret):
    attacks = (
        "{{ cycler.__init__.__globals__['__builtins__']['open']" + open_call(canary) + " }}",
        "{{ customer.__init__.__globals__.settings.MAIL_PASSWORD }}",
        "{% set x = lipsum.__globals__['__builtins__']['open']" + open_call(canary) + " %}",
    )
    wording = (
        "{{ customer.name }} {{ customer.city }} {{ shop.name }}"
        " {% for line in order.lines %}{{ line.title }}{% endfor %}"
    )
    for attack in attacks:
        for field in ("name", "city", "title", "shop"):
            seen = render(wording, make_notice(**{field: attack}))
            assert secret not in seen, field
            assert not canary.exists(), field
            render("Hello", make_notice(**{field: attack}))
            assert not canary.exists(), field


def test_template_put_together_while_rendering_is_not_rendered(canary):
    inner = "cycler.__init__.__globals__['__builtins__']['open']" + open_call(canary)
    for wording in (
        '{{ "{" ~ "{ ' + inner + ' }" ~ "}" }}',
        '{% raw %}{{ ' + inner + ' }}{% endraw %}',
        '{{ "{%" ~ " set x = ' + inner + ' %" ~ "}" }}',
    ):
        render(wording)
        assert not canary.exists()

# assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
