"""The example celery_worker.py with files in the place of a broker."""

from celery_worker import app

folders = {"data_folder_in": "broker", "data_folder_out": "broker", "control_folder": "broker"}
app.conf.update(broker_transport_options=folders)
