"""A process of its own that is given hostile filters; it answers each, or it is seen to die.

Prints one line for each filter of `CASES`, then the number of random ones that were answered.
"""

from __future__ import annotations

import json
import random
import sys
from time import process_time

import cql2
from filter_world import make_rows

from api.errors import ParameterError, TooComplexError, TooLargeError
from api.filter import compile_filter, read_filter

EXPECTED = (ParameterError, TooComplexError, TooLargeError)
ROWS = make_rows(
    {"n": "integer", "x": "number", "s": "string", "flag": "boolean", "day": "date",
     "start": "datetime", "tags": "list"},
    {"n": [1, None], "x": [0.5, None], "s": ["a", None], "flag": [True, None], "day": [None, None],
     "start": [None, None], "tags": [["a"], None]},
    ["POINT (0 0)", None])
WORDS = [
    "n", "x", "s", "flag", "day", "start", "tags", "geom", '"n"', "'a'", "'%'", "''", "1", "-", "+",
    "*", "/", "%", "div", "^", "=", "<>", "<", ">=", "(", ")", ",", "AND", "OR", "NOT", "LIKE",
    "BETWEEN", "IN", "IS", "NULL", "TRUE", "CASEI(", "ACCENTI(", "S_INTERSECTS(", "S_TOUCHES(",
    "T_AFTER(", "T_DURING(", "A_CONTAINS(", "POINT(", "0 0", "POLYGON((", "EMPTY", "BBOX(",
    "INTERVAL(", "DATE('2022-01-01')", "TIMESTAMP('2022-01-01T00:00:00Z')", "'..'", "1e300", "é",
    "GEOMETRYCOLLECTION(", "0", "9" * 40, "\\", "\u200d", "f(",
]


def nest(opening, core, closing, count):
    return opening * count + core + closing * count


def call(op, *args):
    return {"op": op, "args": list(args)}


def make_ring(count):
    return [[n / count, (n * 7919 % count) / count] for n in range(count)] + [[0.0, 0.0]]


def nest_json(count):
    document = call("=", 1, 1)
    for _ in range(count):
        document = call("not", document)
    return document


N = {"property": "n"}
GEOM = {"property": "geom"}
TEXTS = {
    "empty": "", "blank": "  \n", "null byte": "s = '\0'", "half a character": "s = '\ud800'",
    "10 MB": "n = 1 OR " * 1_200_000 + "n = 1", "2,000 brackets": nest("(", "n = 1", ")", 2000),
    "64 unclosed brackets": "(" * 64, "64 brackets and a fault": nest("(", "n = 1 n", ")", 64),
    "65 brackets": nest("(", "n = 1", ")", 65), "64 brackets": nest("(", "n = 1", ")", 64),
    "20,000 terms": " OR ".join(["n=1"] * 20_000), "501 terms": " OR ".join(["n=1"] * 501),
    "500 terms": " OR ".join(["n=1"] * 500), "4,000 signs": "n = " + "-" * 4000 + "1",
    "2,000 NOTs": "NOT " * 2000 + "flag", "400 NOTs": "NOT " * 400 + "flag",
    "chain of equals": "=".join(["n"] * 4000), "sum of 4,000": "n = " + "+".join(["1"] * 4000),
    "tower": "n = " + nest("(9^", "9", ")", 8), "product": "n = " + "*".join(["9" * 300] * 25),
    "nested arithmetic": "n = " + nest("1 + 2 * 3 ^ (", "4", ")", 60),
    "deep mix": nest("flag OR n = 1 AND NOT (", "flag", ")", 62),
    "long string": f"s = '{'a' * 8000}'",
    "long pattern": f"s LIKE '{'_%' * 4000}'", "4 kB of quotes": "'" * 4001, "a quote": "'",
    "a double quote": '"', "escapes": "'" + "\\'" * 4000, "huge": "n = 1e999",
    "huger": "n = " + "9" * 5000,
    "huge in geometry": "S_INTERSECTS(geom, POINT(1e999 0))", "not a number": "n = NaN",
    "infinite": "n = Infinity", "bad date": "day = DATE('2022-13-45')", "bytes": "\x01\x02\x7f",
    "reversed": "T_AFTER(day, INTERVAL('2023-01-01', '2022-01-01'))",
    "semicolon": "n = 1; DROP TABLE x",
    "comment": "n = 1 -- x", "quotes in a name": '"a""b" = 1', "name of quotes": '"""" = 1',
    "many functions": nest("CASEI(", "s", ")", 63) + " = 'a'", "unknown function": "sleep(10)",
    "no arguments": "S_INTERSECTS()", "empty geometry": "S_CONTAINS(POLYGON EMPTY, geom)",
    "flat polygon": "S_INTERSECTS(geom, POLYGON((0 0, 1 1, 2 2, 0 0)))",
    "flat box": "S_WITHIN(geom, BBOX(0,0,0,1))",
    "same places": "S_INTERSECTS(geom, LINESTRING(0 0, 0 0))", "right to left": "s = '\u202e'",
    "nested collections": "S_EQUALS(geom, " + nest("GEOMETRYCOLLECTION(", "POINT(0 0)",
    ")", 60) + ")",
    "nested arrays": "A_EQUALS(tags, " + nest("(", "'a','b'", ")", 60) + ")",
}
DOCUMENTS = {
    "no object": 1, "text": "a", "nothing": None, "list": [1, 2], "bare object": {},
    "op only": {"op": "="},
    "op is a list": {"op": ["="], "args": []}, "args is text": {"op": "=", "args": "ab"},
    "true": True,
    "no args": call("and"), "one arg": call("and", N), "not of two": call("not", N, N),
    "unknown op": call("drop", N), "null arg": call("=", N, None), "deep": nest_json(60),
    "ring of 100,000": call("s_intersects", GEOM, {"type": "Polygon",
    "coordinates": [make_ring(100_000)]}),
    "ring of 300": call("s_intersects", GEOM, {"type": "Polygon", "coordinates": [make_ring(300)]}),
    "no coordinates": call("s_intersects", GEOM, {"type": "Point"}),
    "box of text": call("s_intersects", GEOM, {"bbox": "a"}),
    "coordinates of truths": call("s_equals", GEOM, {"type": "Point",
    "coordinates": [True, False]}),
    "coordinates of objects": call("s_equals", GEOM, {"type": "Point", "coordinates": [{}, {}]}),
    "flat coordinates": call("s_equals", GEOM, {"type": "Polygon", "coordinates": [1, 2]}),
    "no members": call("s_equals", GEOM, {"type": "GeometryCollection", "geometries": 5}),
    "members of text": call("s_equals", GEOM, {"type": "GeometryCollection", "geometries": ["a"]}),
    "type is a list": call("s_equals", GEOM, {"type": []}),
    "property is a number": call("=", {"property": 1}, 1),
    "date is a number": call("=", {"date": 5}, 1),
    "interval of three": call("t_after", {"interval": [1, 2, 3]}, N),
    "interval of null": call("t_after", {"interval": [None, None]}, {"property": "day"}),
    "in without list": call("in", N, 5), "in of lists": call("in", N, [[1], [2]]),
    "half a character": call("=", {"property": "s"}, "\ud800"),
    "null character": call("=", {"property": "s"}, "a\0b"),
    "3,000 choices": call("in", N, [1] * 3000),
    "empty list": call("in", N, []),
    "array of arrays": call("a_equals", {"property": "tags"}, [[[[[["a"]]]]]]),
    "name of nothing": call("=", {"property": ""}, 1), "both": {"op": "=", "args": [N, 1],
    "property": "s"},
}
RAW = {"not a number": '{"op":"=","args":[{"property":"n"},NaN]}',
       "infinite": '{"op":"=","args":[{"property":"n"},-Infinity]}',
       "1e999": '{"op":"=","args":[{"property":"n"},1e999]}',
       "twice": '{"op":"=","op":"<","args":[]}',
       "cut": '{"op":"=","args":[', "brackets": "[" * 4000, "empty": "",
       "deeper": nest('{"op":"not","args":[', "true", "]}", 400), "digits": "9" * 7000,
       "byte order": "\ufeff{}"}


def answer(text, language):
    """How a filter was answered; anything else than an expected refusal ends the process."""
    try:
        tree = read_filter(text, language=language)
        compile_filter(tree, spec=ROWS.spec).select(ROWS)
    except EXPECTED as error:
        return type(error).__name__ if 0 < len(str(error)) < 400 else "silent"
    return "selected"


def list_cases():
    yield from ((name, text, "cql2-text") for name, text in TEXTS.items())
    yield from ((name, json.dumps(doc), "cql2-json") for name, doc in DOCUMENTS.items())
    yield from ((name, text, "cql2-json") for name, text in RAW.items())


def mutate(text, rng):
    """A valid filter with something cut, doubled or put in."""
    at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return rng.choice([text[:at] + text[to:], text[:to] + text[at:],
                       text[:at] + f" {rng.choice(WORDS)} " + text[at:]])


def tell(*parts):
    sys.stdout.write(json.dumps(parts) + "\n")
    sys.stdout.flush()


def main(count, seeds):
    for name, text, language in list_cases():
        began = process_time()
        said = answer(text, language)
        tell(language, name, said, process_time() - began)
    rng = random.Random(20)
    for number in range(count):
        words = " ".join(rng.choices(WORDS, k=rng.randrange(1, 12)))
        answer(mutate(rng.choice(seeds), rng) if number % 2 and seeds else words, "cql2-text")
    for seed in seeds:
        document = json.dumps(cql2.parse_text(seed).to_json())
        for _ in range(count // 100):
            answer(mutate(document, rng), "cql2-json")
    tell("random", count)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.stdin.read()))
