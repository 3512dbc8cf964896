"""The guest book's behaviour, run inside the build (target `test`)."""

import unittest

from app import create_app


class GuestBook(unittest.TestCase):
    def setUp(self):
        self.client = create_app().test_client()

    def test_an_entry_appears_on_the_page(self):
        self.assertEqual(self.client.post("/entries", json={"text": "<Ada>"}).status_code, 201)
        self.assertIn("&lt;Ada&gt;", self.client.get("/").text)

    def test_an_empty_entry_is_refused(self):
        self.assertEqual(self.client.post("/entries", json={}).status_code, 400)

    def test_the_shared_style_is_served(self):
        with self.client.get("/static/style.css") as answer:
            self.assertEqual(answer.status_code, 200)
            self.assertIn("font-family", answer.text)


if __name__ == "__main__":
    unittest.main()
