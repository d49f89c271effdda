import contextlib
import itertools
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from switchboard.errors import NoAnswer
from switchboard.media.audio import (
    AAC,
    AMR,
    FLAC,
    M4A,
    MP3,
    OGG,
    START,
    WAV,
    WEBM,
    can_stream,
    join,
    other_than_audio,
    sniff,
)
from tests import recordings
from tests.recordings import id3v1, id3v2, mp3, samples, seconds, streamed_wav, wav, wav_chunk
from tests.replies import PNG

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
EXTENSIBLE = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 0) + bytes(16)


@pytest.mark.parametrize(
    ("content", "audio_type"),
    [
        (mp3(), MP3),
        (id3v2() + mp3(), MP3),
        (id3v2(bytes(5000)), MP3),
        (mp3()[:100], MP3),
        (mp3()[:144] + id3v1(), MP3),
        *((mp3(rate=rate), MP3) for rate in RATES),
        (wav(), WAV),
        (streamed_wav(), WAV),
        (recordings.ogg(b"OpusHead"), OGG),
        (recordings.ogg(b"\x01vorbis"), OGG),
        (recordings.FLAC, FLAC),
        (id3v2() + recordings.FLAC, FLAC),
        (recordings.adts(), AAC),
        (recordings.adts(1), AAC),
        (recordings.adts(length=0x1234), AAC),
        (id3v2() + recordings.adts(), AAC),
        (recordings.adts().replace(b"\xff\xf1", b"\xff\xf9"), AAC),
        (recordings.mp4(), M4A),
        (recordings.mp4(b"isom"), M4A),
        (recordings.webm(), WEBM),
        (recordings.AMR, AMR),
    ],
)
def test_audio_is_known_by_its_first_bytes(content, audio_type):
    assert sniff(content) == audio_type
    assert sniff(content[:64]) in (audio_type, MP3)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PNG, "a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a picture"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a picture"),
        (recordings.mp4(b"heic"), "a picture"),
        (recordings.mp4(b"avif"), "a picture"),
        (recordings.mp4(b"isom", tracks=(b"soun", b"vide")), "a video"),
        (recordings.webm(b"V_VP9"), "a video"),
        (recordings.webm(doctype=b"matroska"), "a video"),
        (recordings.ogg(b"\x80theora"), "a video"),
        (b"RIFF\x10\0\0\0AVI LIST", "a video"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04" + bytes(20), "an archive or an Office document"),
        (b"\n<!doctype html><title>Sign in</title>", "a web page"),
        (b"<HTML>", "a web page"),
        (b'{"error": "no credit"}', "text"),
        (("ü" * 5000).encode(), "text"),
        (b"ID3 tags explained", "text"),
        (b"ID3\x03\0\0\0\0\0\x80" + bytes(200), ""),
        (b"\xff\xeb\x90\x00" + bytes(100), ""),
        (b"\xff\xf1\x74\x80\x08\x1f\xfc", ""),
        (b"", ""),
        (samples(1), ""),
        (bytes(1000), ""),
        (b"\xff\xff\xff\xff" * 100, ""),
        (b"\xff\xf3\xf0\xc0" * 100, ""),
        (b"\xff\xfb\x90\x00" + bytes(2000), ""),
        (b"\xff\xf1\x50\x80\x08\x1f\xfc" + bytes(2000), ""),
        (b"FORM\0\0\0\x20AIFF\x80\xff", ""),
        (b"\xff", ""),
    ],
)
def test_what_is_no_audio_is_told_apart(content, name):
    assert sniff(content) is None
    assert other_than_audio(content) == name


@given(st.binary())
def test_any_bytes_can_be_looked_at(content):
    sniff(content)
    other_than_audio(content)


def cut(content: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(bounds)]


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from([None, 0, 0x7FFFFFFF, 0xFFFFFFFF])), min_size=1, max_size=4
    ).filter(lambda files: any(frames for frames, _ in files)),
    st.lists(st.integers(0, 10_000), max_size=8),
)
@example([(3, 0)], [])
@example([(60, 0), (60, None)], [])
@example([(60, None), (60, 0)], [104])
def test_wavs_become_one_wav_wherever_they_are_cut(files, places):
    whole = [wav(n / 16000) if size is None else streamed_wav(n / 16000, size=size) for n, size in files]

    joined = join(cut(b"".join(whole), places))

    expected = b"".join(samples(n / 16000) for n, _ in files)
    assert joined.type == WAV
    assert joined.content[:44] == wav(len(expected) / 32000)[:44]
    assert joined.content[44:] == expected


def test_joined_wavs_play_as_long_as_all_of_them():
    joined = join([wav(0.5), streamed_wav(0.25, size=0), wav(0.25)])

    assert seconds(joined.content) == pytest.approx(1.0, abs=0.001)


def wav_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return wav_chunk(b"RIFF", b"WAVE" + b"".join(wav_chunk(name, body) for name, body in chunks))


FORMAT = wav()[20:36]


@pytest.mark.parametrize(
    "first",
    [
        wav_of((b"fmt ", FORMAT), (b"LIST", b"INFOISFT\x02\0\0\0x\0"), (b"data", samples(0.1))),
        wav_of((b"fmt ", FORMAT), (b"data", samples(0.1)), (b"LIST", b"INFO"), (b"id3 ", b"abc")),
        wav_of((b"JUNK", bytes(27)), (b"fmt ", FORMAT + b"\0\0"), (b"fact", bytes(4)), (b"data", samples(0.1))),
        wav_of((b"fmt ", FORMAT), (b"data", samples(0.1) + b"\x7f")),  # half a sample
        wav_of((b"fmt ", FORMAT), (b"data", samples(0.1) + b"\x7f"))[:-1],  # and no byte that makes the size even
        wav(0.1) + b"\0",
        wav(0.05) + samples(0.1)[len(samples(0.05)) :],  # the header counts the first piece only
    ],
    ids=["chunk before", "chunks after", "many chunks", "half a sample", "odd", "a byte too many", "raw continuation"],
)
def test_only_the_samples_of_a_wav_are_joined(first):
    joined = join([first, wav(0.1)])

    assert joined.content[44 + (joined.content[16] - 16) :] == samples(0.1) * 2


def test_eight_bit_samples_of_odd_length_stay_valid():
    eight_bit = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    joined = join(
        [wav_of((b"fmt ", eight_bit), (b"data", b"\x80\x90\xa0")), wav_of((b"fmt ", eight_bit), (b"data", b""))]
    )

    assert joined.content.endswith(b"data\x03\0\0\0\x80\x90\xa0\0")
    assert len(joined.content) == 8 + int.from_bytes(joined.content[4:8], "little")


def test_an_extensible_format_is_kept():
    joined = join([wav_of((b"fmt ", EXTENSIBLE), (b"data", samples(0.1)))])

    assert joined.content[20 : 20 + len(EXTENSIBLE)] == EXTENSIBLE


@pytest.mark.parametrize("other", [wav(rate=8000), wav(channels=2)])
def test_wavs_of_different_formats_are_not_joined(other):
    with pytest.raises(NoAnswer, match="different sample rates, channels or sample sizes"):
        join([wav(), other])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (wav(0), "a WAV file without any sound"),
        (wav_of((b"fmt ", FORMAT)), "a WAV file that is broken"),
        (wav_of((b"data", samples(0.1))), "a WAV file that is broken"),
        (wav_of((b"fmt ", FORMAT[:10]), (b"data", samples(0.1))), "a WAV file that is broken"),
        (wav()[:30], "a WAV file that is broken"),
        (b"RIFF\0\0\0\0WAVE", "a WAV file that is broken"),
        (b"", "no audio at all"),
        (samples(0.5), "raw PCM samples, or a format unknown here"),
        (b'{"error": "quota"}', "returned text instead of audio"),
        (PNG, "returned a picture instead of audio"),
    ],
)
def test_what_is_no_speech_is_refused(content, sentence):
    with pytest.raises(NoAnswer, match=sentence):
        join([content])


@given(st.binary(max_size=100))
def test_a_broken_wav_is_joined_or_refused(rest):
    with contextlib.suppress(NoAnswer):
        join([b"RIFF\0\0\0\0WAVE" + rest])


@pytest.mark.parametrize(
    "files",
    [
        [mp3(0.5), mp3(0.3)],
        [id3v2() + mp3(0.5), id3v2() + mp3(0.3)],
        [id3v2() + mp3(0.5) + id3v1(), id3v2() + mp3(0.3) + id3v1()],
        [recordings.counted(mp3(0.5)), recordings.counted(mp3(0.3))],
        [id3v2() + recordings.counted(mp3(0.5)) + id3v1(), recordings.counted(mp3(0.3))],
        [mp3(0.5) + id3v1(), mp3(0.3)],
    ],
    ids=["bare", "tagged", "tagged twice", "counted", "everything", "old tag"],
)
@pytest.mark.parametrize("size", [7, 1024, 100_000])
def test_mp3_files_become_the_frames_of_all_of_them(files, size):
    content = b"".join(files)

    joined = join([content[at : at + size] for at in range(0, len(content), size)])

    assert joined.type == MP3
    assert joined.content == mp3(0.5) + mp3(0.3)
    assert seconds(joined.content) == pytest.approx(seconds(mp3(0.5)) + seconds(mp3(0.3)))


@pytest.mark.parametrize(
    "content",
    [
        id3v2() + recordings.counted(mp3()) + id3v1(),
        mp3() + b"APETAGEX" + bytes(40),
        mp3() + bytes(500) + mp3(),
        mp3()[:-10],
        recordings.ogg() * 2,
        recordings.adts(9),
        recordings.FLAC,
        recordings.mp4(),
    ],
    ids=["one mp3", "ape tag", "padding", "cut off", "ogg", "adts", "flac", "m4a"],
)
def test_what_needs_no_joining_stays_as_it_is(content):
    assert join([content[:70], content[70:]]).content == content


def test_a_frame_with_a_byte_of_padding_is_known_too():
    content = mp3(rate=44100)  # every second frame of 32 kbit/s has one: 104 bytes, 105 bytes, ...

    assert content[104 + 2] & 2
    assert sniff(content[104:]) == MP3


def test_a_tag_with_a_footer_is_left_out_whole():
    tag = b"ID3\x04\0\x10\0\0\0\x14" + bytes(20) + b"3DI\x04\0\x10\0\0\0\x14"

    assert join([tag + mp3(), tag + mp3()]).content == mp3() * 2


def test_a_file_that_is_cut_off_does_not_hide_the_next_one():
    joined = join([id3v2() + mp3(0.5)[:-10], id3v2() + mp3(0.3)])

    assert seconds(joined.content) == pytest.approx(seconds(mp3(0.5)) + seconds(mp3(0.3)), abs=0.1)


@pytest.mark.parametrize("content", [recordings.FLAC, recordings.mp4(), recordings.webm()])
def test_files_that_cannot_be_joined_are_refused(content):
    with pytest.raises(NoAnswer, match="several (FLAC|M4A|WebM) files in a row"):
        join([content[:20], content[20:], content])


def test_what_only_looks_like_frames_does_not_hold_everything_up():
    content = mp3() + b"\xff\xfb\x10\x00\x01" * 200_000

    assert join([content]).content == content


@pytest.mark.parametrize(
    ("content", "streams"),
    [
        (mp3(1), True),
        (id3v2() + mp3(1), True),
        (recordings.counted(mp3(1)), False),
        (id3v2() + recordings.counted(mp3(1)), False),
        (id3v2(bytes(5000)) + mp3(1), False),  # what comes behind so long a tag cannot be seen yet
        (recordings.ogg(), True),
        (recordings.adts(20), True),
        (recordings.AMR, True),
        (wav(), False),
        (recordings.FLAC, False),
        (recordings.mp4(), False),
        (recordings.webm(), False),
    ],
)
def test_what_tells_its_length_at_its_start_does_not_stream(content, streams):
    start = content[:START]

    assert can_stream(start, sniff(start)) is streams
