"""Measurements of Framemill as ratios, each side of a ratio taken in turn within one run.

`python -m bench` (or `make bench`) makes them all, prints a table and writes
`bench/results/latest.json`. A ratio says more than seconds: another machine changes both sides.

    python -m bench --only rates          # one measure; the figures of the others are kept
    python -m bench --quick               # few repetitions: shows that it works, not how fast
    python -m bench --film movie.mp4      # another film for the measures that take one

| measure  | module     | question |
|----------|------------|----------|
| pipeline | pipeline   | what does the way through S3, SQS and Postgres add to FFmpeg itself? |
| usual    | usual      | is it quicker than one FFmpeg a rendition, and as good to look at? |
| upload   | upload     | does our client send as fast as the AWS command line? |
| pickup   | pickup     | how soon does an idle worker begin? |
| rates    | rates      | how many requests does one API process answer, next to an empty route? |
| memory   | memory     | do large files stay out of memory? |
| login    | login      | does the time of a refused login tell whether there is an account? |
| sandbox  | sandbox    | what does the sandbox around FFmpeg cost? |
| overload | overload   | how do 200 clients fare, and what is answered when it is too much? |
| counts   | counts     | what does one film ask of Postgres, Redis, S3, SQS and the API? |

The exit status is 1 only when a measure could not be made. A figure beyond its bound is shown.
"""
