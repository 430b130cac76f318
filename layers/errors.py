"""What can go wrong with data, each naming the object and the remedy in one line.

DataError
├── UnreadableSource     not a file of the format it claims to be, or none we read
├── AmbiguousSource      several layers in the file and none named
├── MissingCrs           the file does not say where it is
├── UnsuitableCrs        it says, and we must not transform it by guesswork
├── WrongPlace           its coordinates are not in the city
├── NothingToKeep        no feature survived normalisation
├── UnknownLayer         the store has no such layer
├── UnknownVersion       the layer has no such version
├── UnknownDelivery      nothing of that number or hash was handed in
├── CannotWrite          the file's format cannot say what is to be written
└── StoreUnavailable     the database cannot be opened, or is not one of ours
    └── StoreBusy        every connection to it is in use
"""


class DataError(Exception):
    """Root of the errors of `layers`; its text is one line for a person."""


class UnreadableSource(DataError):
    """The file cannot be read as the format it claims."""


class AmbiguousSource(DataError):
    """The file holds several layers and the caller named none, or one that is not there."""


class MissingCrs(DataError):
    """The file carries no coordinate reference system and none was given."""


class UnsuitableCrs(DataError):
    """The CRS is unknown, or needs transformation parameters that nobody gave."""


class WrongPlace(DataError):
    """The coordinates lie outside the city: a wrong CRS or swapped axes."""


class NothingToKeep(DataError):
    """Not one feature of the delivery could be kept."""


class UnknownLayer(DataError):
    """The store has no layer of that id."""


class UnknownVersion(DataError):
    """The layer has no version of that number."""


class UnknownDelivery(DataError):
    """No delivery has that number, or no delivered file that hash."""


class CannotWrite(DataError):
    """The format of a file to be written cannot say what is to be written."""


class StoreUnavailable(DataError):
    """The store cannot be opened, is not initialised, or is not a blueprint store."""


class StoreBusy(StoreUnavailable):
    """Every connection to the store is in use, and none was given back in time."""
