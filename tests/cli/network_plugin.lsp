# Played by network.py, where registry.test is a host out on the network: allowed, it is reached.
model: {"calls":[{"name":"run_command","input":{"command":"python3 reach.py","network":true}}]}
model: {"expect":["allowed by the user", "HTTP/1.1 200"], "calls":[{"name":"run_command","input":{"command":"python3 reach.py","network":true}}]}
model: {"expect":["Network: registry.test:80 allowed by the user\n", "HTTP/1.1 200"], "text":"The end."}
file: a.c "int old;\n"
file: reach.py "import base64, os, socket, urllib.parse\nu = urllib.parse.urlsplit(os.environ['https_proxy'])\ns = socket.create_connection((u.hostname, u.port))\na = base64.b64encode(('emend:' + u.password).encode()).decode()\ns.sendall(('CONNECT registry.test:80 HTTP/1.1\\r\\nProxy-Authorization: Basic ' + a + '\\r\\n\\r\\n').encode())\nprint(s.recv(4096).decode())\n"
config: {"permissions": {"allow": ["python3 reach.py"]}}
env: EMEND_MODE=edit
answer emend/permission {"result":{"title":"Always allow registry.test"}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"fetch it"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"taskId":"*","title":"Let `python3 reach.py` connect to","subject":"registry.test:80","options":["Deny","Allow once","Always allow registry.test"]}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
