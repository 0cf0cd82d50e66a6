using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Federation.Harness;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Harness.Routing;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A datacenter's way in from the internet as long as a story needs it: an ingress in a namespace of its own, and the name server of the internet.</summary>
/// <param name="space">The namespace. One that is on its way out is not waited for: each story has another.</param>
internal sealed class PublicIngress(MainJobFixture fixture, string space) : IAsyncDisposable
{
    internal const string ClassName = "public";
    internal const string GatewayName = "gate";

    /// <summary>Where it comes from, of a Datacenter's <c>spec.ingress</c>.</summary>
    internal const string From = """[{"namespaceLabels":{"name":"ingress"},"podLabels":{"app":"ingress"}}]""";

    private const int NodePort = 30080;
    private const int SafeNodePort = 30443;
    private const string Zone = "zone";
    private const string Routes = "bravo/routes";

    internal string Space => space;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="records">TXT records of names below example.org: name, comma, text.</param>
    internal async Task StartAsync(params IEnumerable<string> records)
    {
        StartZone(records);
        var folder = Directory.CreateDirectory(Path.Combine(fixture.Federation.StateFolder, "routes", space)).FullName;
        await Parts.ImportImageAsync(fixture.Datacenter, await IngressImage.WriteAsync(new Programs("", "").Of("nginx"), folder, Cancellation), Cancellation);
        Parts.Launch(fixture.Federation, Routes, "dotnet",
            [typeof(Parts).Assembly.Location, "routes", "--kubeconfig", fixture.Datacenter.KubeconfigPath, "--class", ClassName, "--gateway", $"{Space}/{GatewayName}", "--file", Path.Combine(folder, "nginx.conf")]);
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: {{Space}}, labels: {name: ingress} }
            """);
        await Eventually.HoldsAsync("an account for the ingress", async () => (await fixture.Admin.TryAsync("get", "serviceaccount", "default", "-n", Space)) is { ExitCode: not 0 } no ? no.Error : null);
        await fixture.Admin.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: ingress, namespace: {{Space}}, labels: {app: ingress} }
            spec:
              automountServiceAccountToken: false
              terminationGracePeriodSeconds: 1
              containers:
              - name: nginx
                image: {{IngressImage.Reference}}
                args: [/routes/nginx.conf]
                readinessProbe: {tcpSocket: {port: {{RouteTable.Port}} }, periodSeconds: 1}
                volumeMounts: [{name: routes, mountPath: /routes, readOnly: true}]
              volumes: [{name: routes, hostPath: {path: {{folder}} } }]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: ingress, namespace: {{Space}} }
            spec:
              type: NodePort
              selector: {app: ingress}
              ports:
              - {name: http, port: 80, targetPort: {{RouteTable.Port}}, nodePort: {{NodePort}} }
              - {name: https, port: 443, targetPort: {{RouteTable.SafePort}}, nodePort: {{SafeNodePort}} }
            """);
    }

    /// <summary>The name server of the internet has these records from now on.</summary>
    internal async Task TellAsync(params IEnumerable<string> records)
    {
        await fixture.Faults.StopAsync(Zone);
        StartZone(records);
    }

    /// <summary>The datacenter lets its leases be reached like that from now on: <c>spec.ingress</c>, JSON.</summary>
    internal Task FollowAsync(string ingress) => PatchAsync($$"""{"spec":{"ingress":{{ingress}} } }""");

    /// <summary>The pair as a Secret of a namespace, by whoever's kubectl that is.</summary>
    internal async Task KeepPairAsync(Kubectl by, string where, string name, KeyPair pair)
    {
        var file = Path.Combine(fixture.Federation.StateFolder, name);
        await File.WriteAllTextAsync($"{file}.crt", pair.Certificate, Cancellation);
        await File.WriteAllTextAsync($"{file}.key", pair.Key, Cancellation);
        await by.RunAsync("create", "secret", "tls", name, "-n", where, $"--cert={file}.crt", $"--key={file}.key");
    }

    /// <summary>As a browser anywhere that trusts one certificate, or none.</summary>
    private async Task<Answer> FetchAsync(string url, KeyPair? trusted = null)
    {
        var isTrusted = false;
        using var root = trusted is null ? null : X509Certificate2.CreateFromPem(trusted.Certificate);
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = async (context, ct) => await ConnectAsync(context.DnsEndPoint.Port == 443 ? SafeNodePort : NodePort, ct),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
                RemoteCertificateValidationCallback = (_, _, _, errors) => (isTrusted = errors == SslPolicyErrors.None) || true,
            },
        };
        if (root is not null) handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(root);
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await http.GetAsync(new Uri(url), Cancellation);
            return new Answer(answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation), isTrusted, answer.Headers.Location?.OriginalString);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return new Answer(null, e.Message, isTrusted, null);
        }
    }

    // Nginx that has read its routes anew still answers for a moment by the old ones, so an answer is waited for also where another was new.
    internal Task UntilAsync(string url, Func<Answer, bool> isWanted, KeyPair? trusted = null) =>
        Eventually.HoldsAsync($"an answer of {url}", async () => await FetchAsync(url, trusted) is var answer && isWanted(answer) ? null : $"it is {answer}");

    public async ValueTask DisposeAsync()
    {
        await PatchAsync("""{"spec":{"ingress":null}}""");
        // Its ports are free at once.
        await fixture.Admin.RunAsync("delete", "service", "ingress", "-n", Space, "--ignore-not-found");
        await fixture.Admin.RunAsync("delete", "namespace", Space, "--ignore-not-found", "--wait=false");
        foreach (var part in (string[])[Routes, Zone])
            if (Parts.ProcessId(fixture.Federation, part) is not null) await fixture.Faults.StopAsync(part);
    }

    private async Task PatchAsync(string patch) => await fixture.Admin.RunAsync("patch", "datacenter", fixture.Datacenter.Name, "--type=merge", "-p", patch);

    private async Task<Stream> ConnectAsync(int port, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse($"{fixture.Datacenter.Parts.Address}"), port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // The datacenter's own name server asks it for all that is no Service's.
    private void StartZone(IEnumerable<string> records) => Parts.Launch(fixture.Federation, Zone, new Programs("", "").Of("dnsmasq"),
    [
        "--keep-in-foreground", "--user=root", "--group=root", "--pid-file", "--log-facility=-", "--no-hosts", "--no-resolv", "--bind-interfaces",
        $"--listen-address={fixture.Federation.HostAddress}", $"--port={LocalParts.OuterNamesPort}", "--local=/example.org/", .. records.Select(r => $"--txt-record={r}"),
    ]);

    /// <param name="Code">Null when there was no answer; the page says why.</param>
    /// <param name="IsTrusted">The certificate that was shown is the one that was trusted, and is for this name.</param>
    internal sealed record Answer(HttpStatusCode? Code, string Page, bool IsTrusted, string? Location)
    {
        internal bool IsOfTheLease => Code == HttpStatusCode.OK && Page.Contains("It runs.", StringComparison.Ordinal);

        internal bool IsNobodys => Code == HttpStatusCode.NotFound;
    }
}
