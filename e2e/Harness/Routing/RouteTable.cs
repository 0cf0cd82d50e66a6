using System.Text;
using System.Text.Json.Nodes;

namespace Federation.Harness.Routing;

/// <summary>The Ingress objects of one class as the configuration of nginx: pure. It knows what the operator writes: hosts, one path, Services by number.</summary>
internal static class RouteTable
{
    internal const int Port = 8080;

    internal static string Render(IEnumerable<JsonObject> ingresses, IEnumerable<JsonObject> services, string className)
    {
        var addresses = services.ToDictionary(Key, s => (string?)s["spec"]!["clusterIP"]);
        var text = new StringBuilder($$"""
            user root root;
            pid /tmp/nginx.pid;
            events {}
            http {
              access_log off;
              client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
              server { listen {{Port}} default_server; location / { return 404 "no such host\n"; } }

            """);
        foreach (var ingress in ingresses.Where(i => (string?)i["spec"]!["ingressClassName"] == className).OrderBy(Key))
            foreach (var rule in ingress["spec"]!["rules"]!.AsArray().OfType<JsonNode>())
            {
                var backend = rule["http"]!["paths"]![0]!["backend"]!["service"]!;
                var (space, _) = Key(ingress);
                if (addresses.GetValueOrDefault((space, (string)backend["name"]!)) is not { Length: > 0 } address) continue;
                text.Append($$"""
                      server { listen {{Port}}; server_name {{(string)rule["host"]!}}; location / { proxy_pass http://{{address}}:{{(int)backend["port"]!["number"]!}}; proxy_set_header Host $host; proxy_connect_timeout 5s; } }

                    """);
            }

        return text.AppendLine("}").ToString();
    }

    private static (string Space, string Name) Key(JsonObject item) => ((string)item["metadata"]!["namespace"]!, (string)item["metadata"]!["name"]!);
}
