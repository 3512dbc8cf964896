FROM debian-python
WORKDIR /srv/app
COPY constraints.txt /srv/app/
COPY requirements/all.txt requirements/base.txt /srv/app/requirements/
RUN pip install --no-cache-dir --break-system-packages -r requirements/all.txt
COPY . /srv/app/
