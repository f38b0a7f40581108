# The session's budget binds all tasks of an editor's server: here tasks of 12 cents in a session of 30.
env: EMEND_MAX_SESSION_USD=0.30
model: {"text":"Fine.","usage":{"input":100,"output":12000}}
ignore $/progress
ignore window/logMessage
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"one"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~Fine"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"two"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~Fine"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"three"}]}}
<-- {"id":3,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~Fine"}}
# The third took all that was left.
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"four"}]}}
<-- {"id":4,"result":{"taskId":"*"}}
<-- {"id":"$ask","method":"window/showMessageRequest","params":{"message":"~of the session's \\$0.30 are used.*Allow \\$0.30 more"}}
--> {"id":"$ask","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"type":2,"message":"~budget.sessionUsd"}}
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"five"}]}}
<-- {"id":5,"result":{"taskId":"*"}}
<-- {"id":"$again","method":"window/showMessageRequest","params":{"message":"~Allow \\$0.30 more"}}
--> {"id":"$again","result":{"title":"Allow once"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~Fine"}}
