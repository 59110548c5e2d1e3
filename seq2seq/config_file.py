"""A config as a YAML file: read, overridden from the command line, checked, written. No torch here.

- The loader knows ``1e-3`` and refuses a key given twice; a mistake is one line that names file, option and way out.
- A run saves its resolved config, and is reproducible from that file (where options were changed on resuming, its
  log says when).
"""

import difflib
import os
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from seq2seq.config import ARCHITECTURES, Config
from seq2seq.errors import ConfigError, DataError
from seq2seq.files import bundled, input_mode, open_readable, reason

__all__ = [
    "differences",
    "find_config",
    "load_config",
    "option",
    "parse_override",
    "render_config",
    "with_options",
    "with_overrides",
]

_LARGEST = 1 << 20  # bytes of a config

# -- YAML in ----------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads ``1e-3`` as the number it is (YAML 1.2) and refuses a key given twice."""


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes the strings which `_Loader` would read as numbers."""


for _side in (_Loader, _Dumper):
    _side.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+0123456789."),
    )


def _unique_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for i, key in enumerate(keys):
        if key in keys[:i]:
            line = node.value[i][0].start_mark.line + 1
            raise ConfigError(f"line {line}: {key!r} is given twice")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_Loader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ConfigError(f"{where}not YAML: {error.problem}") from None
    except RecursionError:
        raise ConfigError("not YAML that can be read: its brackets are nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:  # such as a date with a 13th month, or a list as a key
        told = "a number has thousands of digits" if "int_max_str_digits" in str(error) else str(error)
        raise ConfigError(f"not YAML: {' '.join(told.split())}") from None


def find_config(path: Path) -> Path:
    """Return the file of a config: a path, or a recipe that ships, by name; an existing path wins.

    Raises:
        ConfigError: It is a bare name, and there is neither such a file nor such a recipe.
    """
    if os.path.lexists(path) or path.parent not in (Path(), Path("configs")):
        return path
    recipes = {recipe.stem: recipe for recipe in sorted(bundled("configs").glob("*.yaml"))}
    name = path.name.removesuffix(".yaml")
    if name in recipes:
        return recipes[name]
    if path.suffix in (".yaml", ".yml"):
        return path
    raise ConfigError(
        f"{path}: neither a file nor a recipe; give a YAML file, or one of the recipes: {', '.join(recipes)}"
    )


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Config:
    """Read a YAML file, or a recipe that ships, by name (`find_config`); apply ``KEY=VALUE`` overrides; validate.

    Raises:
        ConfigError: The file is missing or not YAML, or a key or value is wrong.
    """
    path = find_config(Path(path))
    text = _read_text(path)
    try:
        tree = _parse_yaml(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(tree, dict):
        raise ConfigError(
            f"{path}: expected sections such as 'data:' and 'model:'; `seq2seq config` prints one to edit"
        )
    return _validate(_translated(tree), overrides, str(path))


def _translated(tree: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says in the options of this version: ``tokenizer.sampling`` was one for both kinds."""
    tokenizer = tree.get("tokenizer")
    if not isinstance(tokenizer, dict):
        return tree
    others, strength = dict(tokenizer), tokenizer.get("sampling")
    if isinstance(strength, bool) or not isinstance(strength, int | float) or strength < 0:
        return tree  # there is nothing to translate, or a wrong value, which is told later
    del others["sampling"]
    if strength:
        unigram = others.get("kind") == "unigram"
        name, value = ("unigram_temperature", min(1 / strength, 1000.0)) if unigram else ("bpe_dropout", strength)
        if name in others:
            return tree
        others[name] = value
    rest = {name: value for name, value in tree.items() if name != "tokenizer"}
    return {**rest, "tokenizer": others} if others else rest


def _read_text(path: Path) -> str:
    try:
        if input_mode(path) is None:
            raise ConfigError(f"{path}: no such file; `seq2seq config > {path}` writes one to edit")
        with open_readable(path) as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ConfigError(f"{path}: has more than {_LARGEST >> 20} MiB; is it a config?")
        return content.decode("utf-8").replace("\r\n", "\n")
    except DataError as error:
        raise ConfigError(str(error)) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read: not UTF-8") from None


def with_overrides(config: Config, overrides: Sequence[str], section: str) -> Config:
    """Return `config` with overrides, all of which must lie in `section`: a trained model's shape is fixed.

    Raises:
        ConfigError: An override is malformed, outside `section`, or of a wrong value.
    """
    for override in overrides:
        keys = parse_override(override)[0]
        if keys[0] != section:
            inside = keys[0] in type(getattr(config, section)).model_fields
            hint = f"; did you mean {section}.{override.strip()}?" if inside else ""
            raise ConfigError(f"--set {override}: only {section}.* can be set on a trained model{hint}")
    return _validate(config.model_dump(), overrides, "--set") if overrides else config


def with_options(config: Config, section: str, options: Mapping[str, Any]) -> Config:
    """Return `config` with other values of a section's options; an error names the wrong one.

    Raises:
        ConfigError: an option is unknown, or its value is wrong or does not go with the rest of the config.
    """
    tree, fields = config.model_dump(), type(getattr(config, section)).model_fields
    for name, value in options.items():
        if name not in fields:
            close = difflib.get_close_matches(name, fields, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"the options of {section} are: {', '.join(fields)}"
            raise ConfigError(f"{name}={value!r}: unknown option {name!r}; {hint}")
        tree[section][name] = value
        try:
            config = Config.model_validate(tree)
        except ValidationError as error:
            raise ConfigError(f"{name}={value!r}: {_explain(error)[1]}") from None
    return config


def parse_override(text: str) -> tuple[list[str], Any]:
    """Split ``training.lr=3e-4`` into ``(["training", "lr"], 0.0003)``; the value is read as YAML.

    Raises:
        ConfigError: There is no ``=``, a key is empty, or the value is not YAML.
    """
    key, equals, value = text.partition("=")
    keys = key.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"--set {text}: expected KEY=VALUE, such as training.lr=3e-4")
    try:
        return keys, _parse_yaml(value)
    except ConfigError as error:
        raise ConfigError(f"--set {text}: {error}") from None


def _apply(tree: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    for override in overrides:
        keys, value = parse_override(override)
        tree = _replaced(tree, keys, value, override)
    return tree


def _replaced(tree: Any, keys: Sequence[str], value: Any, override: str) -> dict[str, Any]:
    if tree is not None and not isinstance(tree, dict):
        raise ConfigError(f"--set {override}: {keys[0]!r} is not inside a section")
    branch = dict(tree or {})
    branch[keys[0]] = value if len(keys) == 1 else _replaced(branch.get(keys[0]), keys[1:], value, override)
    return branch


def _validate(tree: dict[str, Any], overrides: Sequence[str], where: str) -> Config:
    try:
        return _overridden(tree, overrides)
    except ValidationError as error:
        name, message = _explain(error)
        for i, override in enumerate(overrides):
            # Whatever the file says of this option, it was overridden; or it does not go with another's value.
            key = ".".join(parse_override(override)[0])
            if f"{name}.".startswith(f"{key}.") or _is_valid(tree, [*overrides[:i], *overrides[i + 1 :]]):
                where = f"--set {override}"
        raise ConfigError(f"{where}: {message}") from None


def _overridden(tree: dict[str, Any], overrides: Sequence[str]) -> Config:
    changed = _apply(tree, overrides)
    for name in dict.fromkeys(section for path, _ in _options("rnn") for section in path.split(".")[:-1]):
        if name in changed and changed[name] in (None, {}):
            told = f"{name}: has nothing under it; indent its options below it, or leave the line out"
            problem = PydanticCustomError("value_error", "nothing under it", {"error": told})
            raise ValidationError.from_exception_data("Config", [{"type": problem, "loc": (name,), "input": None}])
    return Config.model_validate(changed)


def _is_valid(tree: dict[str, Any], overrides: Sequence[str]) -> bool:
    try:
        _overridden(tree, overrides)
    except (ValidationError, ConfigError):
        return False
    return True


def _explain(error: ValidationError) -> tuple[str, str]:
    """Return the first problem: the option's path, and one line that says what is wrong and what was found."""
    problem, arch = error.errors(include_url=False)[0], "rnn"
    path = [str(part) for part in problem["loc"] if part not in ("str", "list[str]")]
    if path[:1] == ["model"] and len(path) > 1:
        arch = path.pop(1)  # the union's tag
    name = ".".join(path)
    if problem["type"] == "union_tag_invalid":
        found = problem["ctx"]["tag"]
        name = f"{name}.arch"
        return name, f"{name}: input should be {' or '.join(map(repr, ARCHITECTURES))}, not {found!r}"
    if problem["type"] == "extra_forbidden":
        return name, _unknown(name, arch)
    if problem["type"] == "missing" and name in _NEEDED:
        return name, f"{name} is missing: {_NEEDED[name]}"
    if problem["type"] == "missing":
        return name, f"{name} is missing; `seq2seq config` prints every option"
    if problem["type"] == "value_error":
        return name, str(problem["ctx"]["error"])
    message = problem["msg"][0].lower() + problem["msg"][1:]
    return name, f"{name}: {message}, not {_shown(problem['input'])}"


def _shown(value: Any) -> str:
    """Return a value as a message shows it: what is long or deeply nested is cut."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 100
    try:
        return short.repr(value)
    except ValueError:
        return "a number of thousands of digits"


# Options that have no default.
_NEEDED = {
    "data.train": "name the sentence pairs to train on, such as data.train: corpus/train for corpus/train.en and .fr",
    "data.valid": "name sentence pairs to validate on that are not trained on, such as data.valid: corpus/valid",
}

# Options of earlier versions, with what to write instead.
_FORMER = {
    "tokenizer.sampling": "write tokenizer.bpe_dropout with the same number where tokenizer.kind is bpe, and "
    "tokenizer.unigram_temperature with 1 divided by the number where it is unigram",
}


def _unknown(name: str, arch: str) -> str:
    if name in _FORMER:
        return f"{name} is an option of an earlier version; {_FORMER[name]}"
    for other in ARCHITECTURES:
        if name in (known for known, _ in _options(other)):
            return f"{name} is an option of model.arch: {other}, but this model's is {arch}"
    known = [known for known, _ in _options(arch)] + list(Config.model_fields)
    sections = [other for other in known if other.endswith(f".{name}")]  # the section was left out
    close = sections or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"unknown option {name!r}" + (
        f"; did you mean {close[0]!r}?" if close else "; `seq2seq config` prints them all"
    )


# -- YAML out ---------------------------------------------------------------------------------------------------------

_EXAMPLES = {"data.train": "multi30k/train", "data.valid": "multi30k/val"}


def _options(arch: str) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the dotted paths of all options of an architecture's config."""
    for name, info in Config.model_fields.items():
        section = ARCHITECTURES[arch] if name == "model" else info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from ((f"{name}.{option}", inner) for option, inner in section.model_fields.items())
        else:
            yield name, info


def _scalar(value: Any) -> str:
    """Return one line of flow-style YAML that `_Loader` reads back as the same value."""
    if isinstance(value, float):
        return repr(value)
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def render_config(
    config: Config | None = None, arch: str = "rnn", choices: Mapping[str, Iterable[str]] | None = None
) -> str:
    """Return YAML of every option; without a config an architecture's defaults, each with its meaning, to edit.

    Reading the result back gives an equal config.

    Args:
        config: what to write.
        arch: whose options to write without a config.
        choices: values to tell with the meaning of an option, by its dotted path, where the types do not have them.
    """
    lines: list[str] = []
    section = ""
    for path, info in _options(config.model.arch if config else arch):
        head, _, name = path.rpartition(".")
        if head != section:
            section = head
            lines += ["", f"{section}:"]
        indent = "  " if head else ""
        if config is None:
            told = f"; one of: {', '.join(choices[path])}" if choices and path in choices else ""
            lines.append(f"{indent}# {info.description}{told}")
            value = _EXAMPLES.get(path, info.default)
        else:
            value = option(config, path)
        lines.append(f"{indent}{name}: {_scalar(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def option(config: Config, path: str) -> Any:
    """Return the value at a dotted path."""
    value: Any = config
    for key in path.split("."):
        value = getattr(value, key)
    return value


def differences(old: Config, new: Config) -> list[str]:
    """Return the dotted paths of the options in which two configs differ."""
    if old.model.arch != new.model.arch:
        return ["model.arch"]
    return [path for path, _ in _options(old.model.arch) if option(old, path) != option(new, path)]
