"""Events from whatever bytes a worker writes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from WMHSiameseSegLib.worker.event_lines import LONGEST_LINE, EventLines

_EVENTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4).map(
    lambda fields: {**fields, "event": "progress"}
)


@given(st.lists(_EVENTS, max_size=6), st.data())
def test_events_survive_any_cutting_of_the_stream(events, data):
    stream = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    lines, heard = EventLines(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        heard += lines.feed(stream[:size])
        stream = stream[size:]
    assert heard == events


@given(st.binary(max_size=200))
def test_no_bytes_break_it(noise):
    lines = EventLines()
    list(lines.feed(noise))
    *_, last = lines.feed(b'\n{"event": "hello"}\n')
    assert last == {"event": "hello"}


@pytest.mark.parametrize("line", ["nonsense", "[1]", "null", '{"id": 1}', '{"event": 3}', '{"ev'])
def test_what_is_no_event_comes_as_text(line):
    assert list(EventLines().feed(line.encode() + b"\n")) == [line]


def test_an_endless_line_is_dropped_and_the_next_one_heard():
    lines = EventLines()
    for _ in range(4):
        assert not list(lines.feed(b"x" * (LONGEST_LINE // 2)))
    assert list(lines.feed(b'end\n{"event": "hello"}\n')) == [{"event": "hello"}]
