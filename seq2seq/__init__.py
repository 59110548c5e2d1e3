"""English–French sequence-to-sequence translation that shows why it translated as it did."""

__all__ = ["__version__"]

__version__ = "0.1.0"
