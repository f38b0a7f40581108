# Our own plugins are asked in their own way.
model: {"calls":[{"name":"run_command","input":{"command":"python3 reach.py","network":true}}]}
model: {"expect":["Network: host.test:8443 refused: the user refused it", "HTTP/1.1 403"], "text":"The end."}
file: a.c "int old;\n"
file: reach.py "import base64, os, socket, urllib.parse\nu = urllib.parse.urlsplit(os.environ['https_proxy'])\ns = socket.create_connection((u.hostname, u.port))\na = base64.b64encode(('emend:' + u.password).encode()).decode()\ns.sendall(('CONNECT host.test:8443 HTTP/1.1\\r\\nProxy-Authorization: Basic ' + a + '\\r\\n\\r\\n').encode())\nprint(s.recv(4096).decode())\n"
config: {"permissions": {"allow": ["python3 reach.py"]}}
env: EMEND_MODE=edit
answer emend/permission {"result":{"title":"Deny"}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"fetch it"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"taskId":"*","title":"Let `python3 reach.py` connect to","subject":"host.test:8443","options":["Deny","Allow once","Always allow host.test:8443"]}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
