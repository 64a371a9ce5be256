"""What the two visitors of the demo say: short talks, each line an answer to the one before."""

from itertools import pairwise

TALKS = (
    (
        "Oh, they are on already! 🎶",
        "Just in time, the sun went down a minute ago.",
        "I brought tea. It is colder by the lake than I thought.",
        "Swap you half a sandwich for a cup of it.",
        "Deal.",
    ),
    (
        "Look, the lamps follow the melody: low notes on the left.",
        "I was wondering why they blinked like that. Clever.",
        "Try to hum along and watch the right-hand string.",
        "That high one in the middle part gets me every time.",
    ),
    (
        "Who is playing the bass?",
        "The tall shadow. Well, the bass is taller.",
        "Ha! It does look as if it was holding its player.",
    ),
    (
        "Is this a waltz? I keep counting and losing it.",
        "Four to the bar, quite slow. Count with the bass: one, and then after two.",
        "Got it. My foot had it before I did.",
    ),
    (
        "The moon is lovely tonight.",
        "It has not moved since I came, though 😄",
        "Neither have I. It is that kind of evening.",
    ),
    (
        "Do you play anything yourself?",
        "The accordion, badly. My neighbours have asked me to stop.",
        "You should come up here and play with them.",
        "One day. When they do a tune in C.",
        "I will hold you to that.",
    ),
    (
        "Fireflies! Over there, by the steps.",
        "I see three. No, four.",
        "They seem to like this song as well.",
    ),
    (
        "This is the part without the violin, isn't it?",
        "Yes, just the chords now. Close your eyes, it is even better.",
        "Back in a moment, then 🌙",
        "Take your time. They play all night.",
    ),
    (
        "How do I set something like this up for my own band?",
        "Sign up, make a stream in the studio, and paste two lines into OBS.",
        "That is all?",
        "That is all. We will come and listen.",
    ),
    (
        "The reflection in the water is my favourite seat.",
        "You get the whole band twice.",
        "And the second one is a little tipsy.",
        "Cheers to that one 🥂",
    ),
)

ANSWERS = {line: answer for talk in TALKS for line, answer in pairwise(talk)}
"""The next line of the talk that a line is from."""

WELCOMES = (
    "Hello, and welcome to the bandstand!",
    "Hi there, pull up a chair 🪑",
    "Good evening! You have not missed much.",
    "Nice to have company. How do you like the tune?",
)
"""To anybody else who says something."""
