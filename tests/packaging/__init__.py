"""What is built and installed of this repository: wheel, sdist, and bakegen in environments of its own."""
