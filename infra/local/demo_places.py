"""Where the demo community has lunch, what is eaten there, and who is there."""

from typing import NamedTuple

FOODS = ("Thai", "Italian", "Japanese", "Mexican", "Vegan", "Sandwiches", "Soup", "Burgers")


class Place(NamedTuple):
    name: str
    timezone: str
    address: str
    meeting_point: str
    foods: tuple[str, ...]
    people: tuple[str, ...]


PLACES = (
    Place(
        "Speicherstadt",
        "Europe/Berlin",
        "Am Sandtorkai 30, Hamburg",
        "under the clock by the main door",
        ("Thai", "Italian", "Vegan", "Soup", "Sandwiches"),
        (
            "Ada Brandt",
            "Otto Klein",
            "Emre Yilmaz",
            "Frieda Vogt",
            "Jonas Weber",
            "Lena Schulz",
            "Malik Diallo",
            "Nora Fuchs",
            "Paul Richter",
            "Ruth Adler",
            "Sami Haddad",
            "Tilda Berg",
            "Viktor Lang",
            "Wanda Nowak",
            "Yara Saleh",
            "Zoe Winter",
            "Anton Graf",
            "Bela Horvat",
            "Clara Stein",
            "David Kraus",
        ),
    ),
    Place(
        "Ferry Building",
        "America/Los_Angeles",
        "1 Ferry Building, San Francisco",
        "at the fountain",
        ("Mexican", "Japanese", "Vegan", "Burgers", "Sandwiches"),
        (
            "Willis Carter",
            "Debra Jones",
            "Wilhelmina Hart",
            "Thanh Nguyen",
            "David Okafor",
            "Lori Mitchell",
            "Bobby Alvarez",
            "Charlotte Reed",
            "Edward Kim",
            "Fiona Walsh",
            "George Tanaka",
            "Hannah Brooks",
            "Isaac Levy",
            "Julia Rossi",
            "Kenji Mori",
            "Laura Castillo",
            "Marcus Boyd",
            "Nina Petrova",
            "Oscar Diaz",
            "Priya Shah",
        ),
    ),
    Place(
        "Connaught Place",
        "Asia/Kolkata",
        "Block A, Connaught Place, New Delhi",
        "at the north gate",
        ("Thai", "Italian", "Vegan", "Soup", "Mexican"),
        (
            "Aarav Mehta",
            "Bhavna Rao",
            "Chetan Gupta",
            "Divya Nair",
            "Esha Kapoor",
            "Farhan Khan",
            "Gita Menon",
            "Harish Iyer",
            "Indira Das",
            "Jai Malhotra",
            "Kavya Pillai",
            "Lakshmi Reddy",
            "Manish Joshi",
            "Neha Verma",
            "Om Prakash",
            "Pooja Singh",
            "Rahul Bose",
            "Sanjay Roy",
            "Tara Chopra",
            "Uma Bhatt",
        ),
    ),
)
