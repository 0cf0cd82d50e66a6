using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Federation.Ethereum.Cryptography;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>kubectl by the gateway, with nothing but what a wallet signed.</summary>
internal sealed class GatewayKubectl
{
    private readonly string program;
    private readonly string kubeconfig;

    private GatewayKubectl(string program, string kubeconfig, string server, string token) =>
        (this.program, this.kubeconfig, Server, Token) = (program, kubeconfig, new Uri(server), token);

    internal Uri Server { get; }

    internal string Token { get; }

    /// <summary>Signs the tenant in, and writes the kubeconfig that a client of its would.</summary>
    internal static async Task<GatewayKubectl> SignInAsync(MainJobFixture fixture, TenantLease lease, CancellationToken cancellation)
    {
        var site = fixture.Site;
        var answer = default(JsonElement);
        // An operator that does not lead at the moment says so, and is asked again, as its answer says.
        await Eventually.HoldsAsync("signed in", async () =>
        {
            (var isIn, answer) = await SignInAsync(fixture, cancellation);
            return isIn && answer.GetProperty("namespaces").EnumerateArray().Any(n => n.GetString() == lease.Namespace) ? null : $"{answer}";
        });

        var (server, token) = (answer.GetProperty("server").GetString()!, answer.GetProperty("token").GetString()!);
        var file = Path.Combine(fixture.Federation.StateFolder, "gateway.kubeconfig");
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: lease
            contexts: [{name: lease, context: {cluster: gateway, user: me, namespace: {{lease.Namespace}} } }]
            clusters: [{name: gateway, cluster: {server: "{{server}}", certificate-authority: {{Path.Combine(fixture.Federation.StateFolder, "tls", site.Name, "tls.crt")}} } }]
            users: [{name: me, user: {token: {{token}} } }]
            """, cancellation);
        return new GatewayKubectl(Path.Combine(fixture.Federation.ToolsFolder, "kubectl"), file, server, token);
    }

    private static async Task<(bool IsIn, JsonElement Answer)> SignInAsync(MainJobFixture fixture, CancellationToken cancellation)
    {
        var tenant = fixture.Chain.Tenant.Signer;
        using var http = fixture.Site.NewClient();
        var invited = await http.GetFromJsonAsync<JsonElement>("v1/login/nonce", cancellation);
        var message = new SignInMessage
        {
            Domain = invited.GetProperty("domain").GetString()!, Uri = invited.GetProperty("uri").GetString()!, ChainId = (ulong)fixture.Federation.ChainId,
            Nonce = invited.GetProperty("nonce").GetString()!, Address = tenant.Address, IssuedAt = TimeProvider.System.GetUtcNow(),
        }.ToText();
        var signature = (await tenant.SignMessageAsync(System.Text.Encoding.UTF8.GetBytes(message), cancellation)).ToString();
        using var response = await http.PostAsJsonAsync("v1/login", new { message, signature }, cancellation);
        return (response.IsSuccessStatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(cancellation));
    }

    internal Task<string> RunAsync(params string[] arguments) => Command.RunAsync(program, ["--kubeconfig", kubeconfig, .. arguments], TestContext.Current.CancellationToken);

    internal Task<Command.Result> TryAsync(params string[] arguments) => Command.TryAsync(program, ["--kubeconfig", kubeconfig, .. arguments], TestContext.Current.CancellationToken);

    /// <summary>Runs what does not end by itself until its output says something, and then whatever is to be done while it runs.</summary>
    internal async Task WhileAsync(string[] arguments, Func<string, bool> isThere, Func<string, Task>? work = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["--kubeconfig", kubeconfig, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            var said = "";
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(150));
            while (!isThere(said))
            {
                var line = await process.StandardOutput.ReadLineAsync(limit.Token);
                Assert.True(line is not null, $"kubectl {string.Join(' ', arguments)} ended: {said} {(line is null ? await errors : "")}");
                said += line + "\n";
            }

            if (work is not null) await work(said);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
