"""What metrics are made of: counters, gauges, histograms, checked against sums done by hand."""

import pytest

from infra.metrics import Counter, Gauge, Histogram, Span


def test_a_counter_counts_from_a_start_until_just_before_an_end() -> None:
    """What happens at the border of two slices is of the later one, so none counts twice."""
    counter = Counter([1.0, 2.0, 2.0, 3.0])

    assert (counter.between(1, 2), counter.between(2, 3), counter.between(3, 9)) == (1, 2, 1)


def test_a_gauge_is_a_step_function() -> None:
    """It keeps a value until the next change, whatever the order in which changes are told."""
    gauge = Gauge([(3.0, -2.0), (1.0, 1.0), (2.0, 2.0)])

    assert [gauge.at(moment) for moment in (0, 1, 1.9, 2, 3, 99)] == [0, 1, 1, 3, 1, 1]
    assert gauge.most() == 3


@pytest.mark.parametrize(
    ("start", "end", "mean"),
    [(1, 4, 5 / 3), (0, 1, 0), (1.5, 2.5, 2.0), (4, 14, 1.0), (2, 2, 0.0)],
)
def test_a_gauges_mean_weighs_each_value_by_how_long_it_lasted(
    start: float, end: float, mean: float
) -> None:
    """Of 1 for a second, 3 for a second, 1 for a second, the mean is 5 / 3."""
    gauge = Gauge([(1.0, 1.0), (2.0, 2.0), (3.0, -2.0)])

    assert gauge.mean(start, end) == pytest.approx(mean)


def test_a_gauge_of_nothing_is_zero() -> None:
    """Without changes there is no value but 0."""
    gauge = Gauge()

    assert (gauge.at(5), gauge.most(), gauge.mean(0, 5)) == (0, 0, 0)


def test_a_gauge_of_spans_counts_those_under_way() -> None:
    """A span counts from its start until its end, one without an end for ever."""
    spans = [
        Span("sleep", "", "worker-1", None, None, 1.0, 3.0),
        Span("sleep", "", "worker-2", None, None, 2.0, None),
    ]

    gauge = Gauge.of_spans(spans)

    assert [gauge.at(moment) for moment in (0, 1, 2, 3, 9)] == [0, 1, 2, 1, 1]


def test_a_percentile_is_the_smallest_value_that_so_many_are_not_above() -> None:
    """By nearest rank: of 1 to 100 the 95th is 95, and each is one of the values."""
    hundred = Histogram((0.0, float(value)) for value in range(100, 0, -1))
    four = Histogram([(0, 4.0), (0, 1.0), (0, 3.0), (0, 2.0)])

    assert hundred.percentiles((1, 50, 95, 99, 100)) == [1, 50, 95, 99, 100]
    assert four.percentiles((0, 25, 26, 50, 75, 76)) == [1, 1, 2, 2, 3, 4]


def test_there_is_no_percentile_of_nothing() -> None:
    """It is None, not 0, which would be a fine latency."""
    assert Histogram().percentile(95) is None


def test_a_part_of_a_histogram_has_the_values_of_that_time() -> None:
    """From the start until just before the end, by each value's moment."""
    histogram = Histogram([(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)])

    assert histogram.between(1, 3).percentiles((50, 100)) == [10, 20]
    assert len(histogram.between(4, 9)) == 0
