using System.Text;

namespace Federation.Harness.Routing;

/// <summary>What an ingress serves as the configuration of nginx: pure.</summary>
internal static class RouteTable
{
    internal const int Port = 8080;
    internal const int SafePort = 8443;

    /// <summary>Beside the configuration, and read from there.</summary>
    internal const string PairsFolder = "pairs";

    /// <param name="own">For names that have none of their own, and such that nobody serves.</param>
    internal static string Render(IEnumerable<Served> names, KeyPair own)
    {
        var text = new StringBuilder($$"""
            user root root;
            pid /tmp/nginx.pid;
            events {}
            http {
              access_log off;
              client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy; fastcgi_temp_path /tmp/fastcgi; uwsgi_temp_path /tmp/uwsgi; scgi_temp_path /tmp/scgi;
              server { listen {{Port}} default_server; listen {{SafePort}} ssl default_server; {{Shown(own)}} location / { return 404 "no such host\n"; } }

            """);
        foreach (var name in names)
        {
            var door = name.IsSafe ? $"{SafePort} ssl; {Shown(name.Pair ?? own)}" : $"{Port};";
            var way = name.Target is { } target ? $"proxy_pass http://{target}; proxy_set_header Host $host; proxy_connect_timeout 5s;" : "return 308 https://$host$request_uri;";
            text.AppendLine($$"""  server { listen {{door}} server_name {{name.Host}}; location / { {{way}} } }""");
        }

        return text.AppendLine("}").ToString();
    }

    // nginx takes both out of one file.
    private static string Shown(KeyPair pair) => $"ssl_certificate {PairsFolder}/{pair.FileName}; ssl_certificate_key {PairsFolder}/{pair.FileName};";
}
