use super::*;
use serde_json::json;

fn masked(mut object: Value) -> String {
    Masks::new().unwrap().object(&mut object);
    object.to_string()
}

#[test]
fn what_is_secret_is_masked_wherever_it_stands() {
    for object in [
        json!({"env": [{"name": "LOG_LEVEL", "value": "hunter2"}]}),
        json!({"httpGet": {"httpHeaders": [{"name": "X", "value": "hunter2"}]}}),
        json!({"metadata": {"annotations": {"objectset.rio.cattle.io/applied": "hunter2"}}}),
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}}}),
        json!({"args": ["--password=hunter2"]}),
        json!({"args": ["--db.password", "hunter2"]}),
        json!({"command": ["sh", "-c", "exec app --token hunter2 --v=2"]}),
        json!({"command": ["sh", "-c", "export DB_PASSWORD='hunter2'; app"]}),
        json!({"exec": {"command": ["curl", "-u", "admin:hunter2", "localhost"]}}),
        json!({"command": ["sh", "-c", "curl -u admin:hunter2 localhost"]}),
        json!({"message": "dial postgres://app:hunter2@db:5432/app: refused"}),
        json!({"message": "request with Authorization: Bearer hunter2 failed"}),
        json!({"message": "config {\"user\":\"a\",\"password\":\"hunter2\"} is wrong"}),
        json!({"message": "login failed: api_key=hunter2, user=a"}),
        json!({"parameters": {"adminPassword": "hunter2"}}),
        json!({"args": ["--auth=app:hunter2", "--basic-auth", "app:hunter2"]}),
        json!({"args": ["--requirepass", "hunter2", "--license-key=hunter2"]}),
        json!({"args": ["--dsn=root:hunter2@tcp(db)/app"]}),
        json!({"command": ["mysql", "-uroot", "-phunter2"]}),
        json!({"command": ["sh", "-c", "mysqladmin ping -uroot -phunter2; redis-cli -h db -a hunter2"]}),
        json!({"command": ["redis-cli", "-a", "hunter2"]}),
        json!({"command": ["sh", "-c", "mysql '-phunter2' -e 'select 1'"]}),
        json!({"command": ["sshpass", "-p", "hunter2", "ssh", "db"]}),
        json!({"command": ["sh", "-c", "docker login -u app -p hunter2 registry.example"]}),
        json!({"command": ["wget", "--header", "Authorization: Bearer hunter2"]}),
        json!({"command": ["wget", "--header", "Authorization: hunter2"]}),
        json!({"args": ["https://team.blob.example/x?sv=1&sig=hunter2"]}),
        json!({"args": ["https://hooks.slack.com/services/T0/B0/hunter2"]}),
        json!({"terminated": {"exitCode": 1, "message": "config token: hunter2"}}),
        json!({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/configuration-snippet": "set $key hunter2;"}}}),
        json!({"command": ["sh", "-c", "until nc -z $DB 5432; do echo $PASS; done"], "env": [{"name": "DB", "value": "db"}, {"name": "PASS", "value": "hunter2"}]}),
        json!({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}], "message": "no user with hunter2"}),
    ] {
        let text = masked(object.clone());
        assert!(!text.contains("hunter2"), "{text}");
    }
    // never a real one
    for token in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "AKIAABCDEFGHIJKLMNOP",
    ] {
        let text = masked(json!({"message": format!("with {token}: no")}));
        assert!(!text.contains(token), "{text}");
    }
}

#[test]
fn a_log_gives_no_credential_away() {
    let pod = json!({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]});
    for line in [
        "no user app with hunter2",
        "dial postgres://app:s3cret@db:5432: refused",
        "config: api_key: s3cret",
        "started with --token s3cret",
        "Authorization: Bearer s3cret.1",
    ] {
        let log = of_log(&pod, line);
        assert!(!log.contains("hunter2") && !log.contains("s3cret"), "{log}");
    }
    for line in [
        "FATAL: password authentication failed for user \"app\"",
        "secret: not found",
        "listen tcp :8080: bind: address already in use",
    ] {
        assert_eq!(of_log(&pod, line), line);
    }
}

#[test]
fn what_diagnoses_read_stays() {
    for object in [
        json!({"message": "secret \"db-token\" not found"}),
        json!({"message": "exceeded quota: team, requested: secrets=1, used: secrets=10, limited: secrets=10"}),
        json!({"message": "failed to fetch anonymous token: unexpected status: 401 Unauthorized"}),
        json!({"message": "no basic auth credentials"}),
        json!({"message": "couldn't find key password in Secret shop/db"}),
        json!({"args": ["--tls-secret-name=tls", "--token-file", "/var/run/token", "--port=80", "--password=$(DB_PASSWORD)"]}),
        json!({"parameters": {"csi.storage.k8s.io/provisioner-secret-name": "ceph", "pool": "rbd"}}),
        json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "3", "pv.kubernetes.io/bind-completed": "yes"}}}),
        json!({"metadata": {"labels": {"password": "x"}}, "env": [{"name": "EMPTY", "value": ""}]}),
        json!({"image": "registry.example:5000/shop/token@sha256:0123456789abcdef"}),
        json!({"command": ["sh", "-c", "until mysqladmin ping -h db --port 3306 --protocol=tcp; do sleep 1; done"]}),
        json!({"command": ["mysqladmin", "ping", "--port=3306"]}),
        json!({"command": ["sh", "-c", "until nc -z $DB $PORT; do sleep 1; done"], "env": [{"name": "DB", "value": "postgres"}, {"name": "PORT", "value": "5432"}]}),
    ] {
        assert_eq!(masked(object.clone()), object.to_string());
    }
}

#[test]
fn equal_values_have_equal_masks() {
    let mut masks = Masks::new().unwrap();
    let mut object = json!([{"env": [{"name": "A", "value": "x"}, {"name": "B", "value": "y"}]}, {"env": [{"name": "A", "value": "x"}]}]);
    masks.object(&mut object);
    assert_eq!(object[0]["env"][0]["value"], object[1]["env"][0]["value"]);
    assert_ne!(object[0]["env"][0]["value"], object[0]["env"][1]["value"]);
    assert_eq!(object[0]["env"][0]["value"], "masked-1");
}
