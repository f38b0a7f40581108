# A host that is not on the user's list is asked for in the editor; the model hears what came of it.
model: {"calls":[{"name":"run_command","input":{"command":"python3 reach.py","network":true}}]}
model: {"expect":["Network: host.test:8443 refused: the user refused it", "HTTP/1.1 403"], "text":"The end."}
file: a.c "int old;\n"
file: reach.py "import base64, os, socket, urllib.parse\nu = urllib.parse.urlsplit(os.environ['https_proxy'])\ns = socket.create_connection((u.hostname, u.port))\na = base64.b64encode(('emend:' + u.password).encode()).decode()\ns.sendall(('CONNECT host.test:8443 HTTP/1.1\\r\\nProxy-Authorization: Basic ' + a + '\\r\\n\\r\\n').encode())\nprint(s.recv(4096).decode())\n"
config: {"permissions": {"allow": ["python3 reach.py"]}}
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"fetch it"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"type":2,"message":"~Let `python3 reach.py` connect to: host.test:8443","actions":[{"title":"Deny"},{"title":"Allow once"},{"title":"Always allow host.test:8443"}]}}
--> {"id":"$q","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
