"""Starts optuna-dashboard on a storage, on this machine only, and prints what it answers of each study, as a JSON object by name."""
import json, sys, threading, urllib.request, wsgiref.simple_server
import optuna_dashboard


class Silent(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, optuna_dashboard.wsgi("sqlite:///" + sys.argv[1]), handler_class=Silent)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/api/{path}") as answer:
        return answer.read().decode()


# Answers are put together as they come: a browser takes no NaN, which Python would let pass.
studies = json.loads(ask("studies"))["study_summaries"]
print("{" + ",".join(json.dumps(s["study_name"]) + ":" + ask(f"studies/{s['study_id']}") for s in studies) + "}")
