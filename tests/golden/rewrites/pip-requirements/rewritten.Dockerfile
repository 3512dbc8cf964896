FROM debian-python
WORKDIR /srv/app
COPY requirements.txt ./
RUN pip install --no-cache-dir --break-system-packages -r requirements.txt
COPY . .
CMD ["python3", "main.py"]
