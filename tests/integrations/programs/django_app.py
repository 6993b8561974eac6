"""A project of Django in one file, with a view that is a function and one that is a coroutine function."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from web_agent import answer, answer_async

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="of a test")


def view(request: HttpRequest, question: str) -> HttpResponse:
    return HttpResponse(answer(question))


async def async_view(request: HttpRequest, question: str) -> HttpResponse:
    return HttpResponse(await answer_async(question))


urlpatterns = [path("async/<question>", async_view), path("<question>", view)]
wsgi, asgi = get_wsgi_application(), get_asgi_application()
