answer = 42

