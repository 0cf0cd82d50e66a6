using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Access;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Access;

/// <summary>A tenant, and somebody who is none, reach through the gateway for what is not theirs.</summary>
[Collection(AccessCollection.Name)]
public sealed class AccessAttackTests(AccessWorld world)
{
    private string Own => world.Own.Id.Namespace;

    private string Foreign => world.Foreign.Id.Namespace;

    [Fact]
    public async Task NoCredential_OrOneThatIsNone_IsUnauthorized()
    {
        var good = world.Token;
        var (body, half) = (good[5..], good.Length / 2);
        var now = TimeProvider.System.GetUtcNow();
        var other = new TenantCredentials(new byte[TenantCredentials.SecretBytes], "31337 test north");
        var bad = new List<string>
        {
            "x", "fed1.", "fed1." + body[..^1], good + "A", good + "=", "fed2." + body, good.ToUpperInvariant(), ApiServer.AdminToken, ApiServer.OperatorToken,
            other.Issue(world.Tenant.Address.ToString(), now.AddMinutes(5)), world.Credentials.Issue(world.Tenant.Address.ToString(), now.AddSeconds(-1)),
            "fed1." + Convert.ToBase64String(Encoding.ASCII.GetBytes(body)), good[..half] + (good[half] == 'A' ? 'B' : 'A') + good[(half + 1)..],
        };
        // Another one for the last sign, of which four bits do not count, is another spelling of the same bytes.
        bad.AddRange("ABCDEFGH".Where(c => c != good[^1]).Select(c => good[..^1] + c));
        foreach (var token in bad)
        {
            var (status, text) = await world.GetAsync($"/cluster/api/v1/namespaces/{Own}/pods", token);
            Assert.True(status == 401, $"{token}: {status} {text}");
        }

        using var none = await world.Http.GetAsync(new Uri("/cluster/api", UriKind.Relative));
        Assert.Equal(401, (int)none.StatusCode);
        Assert.Equal("Bearer", none.Headers.WwwAuthenticate.ToString());
        Assert.Equal(200, (await world.GetAsync("/cluster/api", good)).Status);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/{other}/pods")]
    [InlineData("/api/v1/namespaces/{other}/secrets/keys")]
    [InlineData("/apis/compute.federation/v1alpha1/namespaces/{other}/computeleases/{other}")]
    [InlineData("/api/v1/namespaces/{other}/pods/a/log")]
    [InlineData("/api/v1/namespaces/{other}/pods/a/exec?command=sh")]
    [InlineData("/api/v1/namespaces/kube-system/pods")]
    [InlineData("/api/v1/namespaces/federation-system/secrets/federation-gateway")]
    [InlineData("/api/v1/namespaces/default/pods")]
    [InlineData("/api/v1/namespaces/lease-0000000000000000/pods")]
    [InlineData("/api/v1/namespaces")]
    [InlineData("/api/v1/namespaces/{own}")]
    [InlineData("/api/v1/namespaces/{own}/status")]
    [InlineData("/api/v1/pods")]
    [InlineData("/api/v1/secrets?watch=1")]
    [InlineData("/api/v1/nodes")]
    [InlineData("/api/v1/nodes/n/proxy/pods")]
    [InlineData("/api/v1/watch/namespaces/{own}/pods")]
    [InlineData("/api/v1/namespaces/{own}/services/web:80/proxy")]
    [InlineData("/api/v1/namespaces/{own}/services/web/proxy/x")]
    [InlineData("/api/v1/namespaces/{own}/pods/web/proxy")]
    [InlineData("/api/v1/namespaces/{own}/pods/web/attach")]
    [InlineData("/api/v1/namespaces/{own}/pods/web/ephemeralcontainers")]
    [InlineData("/api/v1/namespaces/{own}/pods/web/log/x")]
    [InlineData("/api/v1/namespaces/{own}/serviceaccounts/default/token")]
    [InlineData("/apis/apps/v1/namespaces/{own}/pods/web/exec")]
    [InlineData("/api/v1/namespaces/{own}/pods/export.volume-abcde/exec?command=sh")]
    [InlineData("/api/v1/namespaces/{own}/pods/export.volume-abcde/portforward")]
    [InlineData("/metrics")]
    [InlineData("/logs/kube-apiserver.log")]
    [InlineData("/debug/pprof/heap")]
    [InlineData("/healthz")]
    [InlineData("/openapi/v1")]
    [InlineData("/version/x")]
    [InlineData("/apis/authentication.k8s.io/v1/tokenreviews")]
    [InlineData("/apis/authorization.k8s.io/v1/subjectaccessreviews")]
    [InlineData("/apis/rbac.authorization.k8s.io/v1/clusterroles")]
    public Task WhatIsNotTheTenants_IsForbidden(string path) => ForbiddenAsync("/cluster" + path);

    [Theory]
    [InlineData("/cluster/api/v1/namespaces/{own}/../{other}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}/%2e%2e/{other}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}%2f..%2f{other}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}/.%2e/{other}/pods")]
    [InlineData("/cluster/api/v1/namespaces/%6cease-0/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}/pods%2f..%2f..%2f{other}%2fpods")]
    [InlineData("/cluster//api/v1/namespaces/{own}/pods")]
    [InlineData("/cluster/api//v1/namespaces/{own}/pods")]
    [InlineData("/cluster/api/v1/namespaces//{own}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}/pods/")]
    [InlineData("/cluster/api/v1/namespaces/{own}/./pods")]
    [InlineData("/cluster/api/v1/namespaces/{OWN}/pods")]
    [InlineData("/cluster/API/v1/namespaces/{own}/pods")]
    [InlineData("/Cluster/api/v1/namespaces/{own}/pods")]
    [InlineData("/cluster/x/../api/v1/pods")]
    [InlineData("/x/../cluster/api/v1/namespaces/{own}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}/pods;x")]
    [InlineData("/cluster/api/v1/namespaces/{own}\\..\\{other}/pods")]
    [InlineData("/cluster/api/v1/namespaces/{own}%00/pods")]
    public Task PathTricks_AreForbidden(string path) => ForbiddenAsync(path);

    [Fact]
    public async Task AbsoluteTarget_IsRefused()
    {
        var answer = await RawAsync($"GET http://{world.Endpoint.Authority}/cluster/api/v1/namespaces/{Own}/pods HTTP/1.1\r\nHost: {world.Endpoint.Authority}\r\nAuthorization: Bearer {world.Token}\r\nConnection: close\r\n\r\n");
        Assert.Contains(" 403 ", answer.Split('\r')[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Impersonate-User", "admin")]
    [InlineData("impersonate-group", "system:masters")]
    [InlineData("Impersonate-Uid", "1")]
    [InlineData("Impersonate-Extra-scopes", "all")]
    [InlineData("X-Remote-User", "admin")]
    [InlineData("X-Remote-Group", "system:masters")]
    public async Task HeadersThatSayWhoAsks_AreForbidden(string name, string value)
    {
        var message = world.Ask(HttpMethod.Get, $"/cluster/api/v1/namespaces/{Own}/pods");
        message.Headers.TryAddWithoutValidation(name, value);
        Assert.Equal(403, (await world.SendAsync(message)).Status);
    }

    [Theory]
    [InlineData("Impersonate-User")]
    [InlineData("X-Stream-Protocol-Version, Impersonate-Group")]
    [InlineData("Authorization")]
    public async Task HeadersThatAreToBeTakenAwayOnTheWay_AreRefused(string names)
    {
        var answer = await RawAsync($"GET /cluster/api/v1/namespaces/{Foreign}/pods HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Token}\r\nConnection: {names}\r\n\r\n", end: "}");
        Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), answer);
    }

    // Of a list that begins with what it knows Kestrel shows that alone; the rest is not passed on, and takes nothing away.
    [Theory]
    [InlineData("keep-alive, Impersonate-Group, Impersonate-User")]
    [InlineData("close, Impersonate-User")]
    public async Task HeadersThatAreToBeTakenAway_BehindOthers_AreNot(string names)
    {
        var answer = await RawAsync($"GET /cluster/api/v1/namespaces/{Own}/limitranges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Token}\r\nConnection: {names}\r\n\r\n", end: "}");
        Assert.True(answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal) || answer.Contains($"system:serviceaccount:{Own}:federation-tenant", StringComparison.Ordinal), answer);
    }

    [Theory]
    [InlineData("GET", "/pods", "websocket", "")]
    [InlineData("GET", "/pods?watch=1", "websocket", "")]
    [InlineData("GET", "/pods/web/log?follow=true", "websocket", "")]
    [InlineData("GET", "/pods/web/exec?command=sh", "h2c", "")]
    [InlineData("POST", "/pods/web/exec?command=sh", "SPDY/3.1, h2c", "")]
    [InlineData("GET", "/pods/web/exec?command=sh", "websocket", "base64url.bearer.authorization.k8s.io.YW4tYWRtaW4tZm9yLXRlc3Rz, v4.channel.k8s.io")]
    public async Task UpgradesThatAreNone_AreRefused(string method, string path, string upgrade, string protocols)
    {
        var answer = await RawAsync($"{method} /cluster/api/v1/namespaces/{Own}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Token}\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {protocols}\r\n\r\n", end: "}");
        Assert.Contains(" 400 ", answer.Split('\r')[0], StringComparison.Ordinal);
    }

    // What the API server has the gateway's word for, whatever else was said.
    [Fact]
    public async Task ApiServer_SeesTheAccountOfTheNamespace_AndNoneOfTheTenantsOtherHeaders()
    {
        var message = world.Ask(HttpMethod.Get, $"/cluster/api/v1/namespaces/{Own}/limitranges");
        message.Headers.TryAddWithoutValidation("X-Forwarded-For", "127.0.0.1");
        message.Headers.TryAddWithoutValidation("Cookie", "a=b");
        var (status, body) = await world.SendAsync(message);
        Assert.Equal(403, status);
        Assert.Contains($"system:serviceaccount:{Own}:federation-tenant", body, StringComparison.Ordinal);
    }

    // It keeps them out of the operator's own pods: no credential but the gateway's has it.
    [Fact]
    public async Task RightToEnterPods_IsTheGatewaysAlone_AndGivenWhenItIsAskedFor()
    {
        using var admin = world.Server.Client();
        var bindings = admin.Resource(ResourceKinds.RoleBinding);
        Assert.Null(await bindings.GetAsync("federation-shell", Own));
        // A pod that is not there gives nobody any right.
        var (status, body) = await world.SendAsync(world.Ask(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Own}/pods/none/exec?command=sh"));
        Assert.True(status == 404 && Reason(body) == "NotFound", $"{status} {body}");
        Assert.Null(await bindings.GetAsync("federation-shell", Own));

        // One that no node has yet is for the API server to refuse: it is asked, and lets the account.
        await CreatePodAsync(admin);
        (status, body) = await world.SendAsync(world.Ask(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Own}/pods/entered/exec?command=sh"));
        Assert.True(status == 400 && Reason(body) == "BadRequest", $"{status} {body}");
        var made = await bindings.GetAsync("federation-shell", Own);
        Assert.Equal($$"""[{"kind":"ServiceAccount","name":"federation-tenant","namespace":"{{Own}}"}]""", made!["subjects"]!.ToJsonString());
        Assert.Equal(404, (await world.SendAsync(world.Ask(HttpMethod.Get, $"/cluster/api/v1/namespaces/{Own}/pods/none/portforward?ports=80"))).Status);
        await admin.Resource(ResourceKinds.Pod).DeleteAsync("entered", Own, new DeleteOptions { GracePeriodSeconds = 0 });
    }

    private Task<JsonObject> CreatePodAsync(KubernetesClient admin) => admin.Resource(ResourceKinds.Pod).CreateAsync(
        (JsonObject)JsonNode.Parse($$$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"entered","namespace":"{{{{Own}}}}","labels":{"compute.federation/item":"web"}},"spec":{"automountServiceAccountToken":false,
             "securityContext":{"runAsNonRoot":true,"runAsUser":1000,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"web","image":"nginx",
             "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}},"resources":{"limits":{"cpu":"100m","memory":"64Mi","ephemeral-storage":"64Mi"}}}]}}
            """)!);

    [Fact]
    public async Task OversizedBodies_AreRefusedUnread()
    {
        var message = world.Ask(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Own}/configmaps");
        message.Content = new ByteArrayContent(new byte[2 << 20]);
        message.Headers.ExpectContinue = true;
        Assert.Equal(413, (await world.SendAsync(message)).Status);
        var chunked = world.Ask(HttpMethod.Post, $"/cluster/api/v1/namespaces/{Own}/configmaps");
        chunked.Content = new StreamContent(new MemoryStream(new byte[100]));
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(411, (await world.SendAsync(chunked)).Status);
        var review = world.Ask(HttpMethod.Post, "/cluster/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");
        review.Content = new ByteArrayContent(new byte[70_000]);
        Assert.Equal(413, (await world.SendAsync(review)).Status);
    }

    [Fact]
    public async Task SlowBodies_AreGivenUp()
    {
        var started = TimeProvider.System.GetTimestamp();
        var head = $"POST /cluster/api/v1/namespaces/{Own}/configmaps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Token}\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{";
        await RawAsync(head, trickle: true, at: world.Tight);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Streams_HaveAMost_AndEndWithTheCredential()
    {
        var token = world.Credentials.Issue(world.Other.Address.ToString(), TimeProvider.System.GetUtcNow().AddSeconds(20));
        var path = $"/cluster/api/v1/namespaces/{Foreign}/pods?watch=1";
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < 4; i++) open.Add(await world.Http.SendAsync(world.Ask(HttpMethod.Get, path, token, world.Tight), HttpCompletionOption.ResponseHeadersRead));
        Assert.All(open, o => Assert.Equal(200, (int)o.StatusCode));
        var (status, body) = await world.GetAsync(path, token, world.Tight);
        Assert.Equal((429, "TooManyRequests"), (status, Reason(body)));
        // Another tenant's share is its own.
        using var other = await world.Http.SendAsync(world.Ask(HttpMethod.Get, $"/cluster/api/v1/namespaces/{Own}/pods?watch=1", at: world.Tight), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)other.StatusCode);

        var started = TimeProvider.System.GetTimestamp();
        foreach (var one in open)
        {
            await Record.ExceptionAsync(() => one.Content.ReadAsByteArrayAsync());
            one.Dispose();
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(60));
        Assert.Equal(401, (await world.GetAsync(path, token, world.Tight)).Status);
    }

    [Fact]
    public async Task Writes_HaveAMost()
    {
        var token = world.Credentials.Issue(world.Wallet, TimeProvider.System.GetUtcNow().AddMinutes(5));
        using var admin = world.Server.Client();
        var space = (await admin.Resource(ResourceKinds.Namespace).ListAsync()).Items.Select(n => ObjectView.Key(n).Name).Single(n => n.StartsWith("lease-", StringComparison.Ordinal) && n != Own && n != Foreign);
        var (written, started) = (0, TimeProvider.System.GetTimestamp());
        async Task ExhaustAsync()
        {
            for (; ; written++)
            {
                var write = world.Ask(HttpMethod.Post, $"/cluster/api/v1/namespaces/{space}/configmaps", token, world.Tight);
                write.Content = new StringContent($$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c{{written}}"} }""", Encoding.UTF8, "application/json");
                var status = (await world.SendAsync(write)).Status;
                if (status == 429) return;
                Assert.Equal(201, status);
                // Three more each ten seconds.
                Assert.InRange(written, 0, 33 + (3 * (int)(TimeProvider.System.GetElapsedTime(started).TotalSeconds / 10)));
            }
        }

        await ExhaustAsync();
        Assert.InRange(written, 20, int.MaxValue);
        Assert.Equal(200, (await world.GetAsync($"/cluster/api/v1/namespaces/{space}/configmaps", token, world.Tight)).Status);
        // What it is called does not make it something else.
        foreach (var query in new[] { "watch=1", "watch", "%77atch=true", "x=1&watch=" })
        {
            await ExhaustAsync();
            Assert.Equal(429, (await world.SendAsync(world.Ask(HttpMethod.Delete, $"/cluster/api/v1/namespaces/{space}/configmaps/none?{query}", token, world.Tight))).Status);
        }
    }

    [Fact]
    public async Task Audit_HasALineForEachRequest_AndNeitherQueriesNorCredentials()
    {
        var path = $"/cluster/api/v1/namespaces/{Own}/pods";
        await world.GetAsync(path + "?labelSelector=secret%3Dhunter2");
        await world.GetAsync($"/cluster/api/v1/namespaces/{Foreign}/pods?x=hunter2");
        var tenant = world.Tenant.Address.ToString().ToLowerInvariant();
        // A line is written when its request has been answered.
        await Eventually.TrueAsync(() => world.Lines.Lines.Any(l => l.Contains($"{tenant} GET {path} 200 ", StringComparison.Ordinal) && l.EndsWith($" => Namespace:{Own}", StringComparison.Ordinal)));
        await Eventually.TrueAsync(() => world.Lines.Lines.Any(l => l.Contains($"{tenant} GET /cluster/api/v1/namespaces/{Foreign}/pods 403 ", StringComparison.Ordinal)));
        Assert.DoesNotContain(world.Lines.Lines, l => l.Contains("hunter2", StringComparison.Ordinal) || l.Contains("fed1.", StringComparison.Ordinal));
        var before = world.Lines.Lines.Count;
        await world.GetAsync(path, "stranger");
        // A stream of another test may have its last line only now.
        Assert.DoesNotContain(world.Lines.Lines.Skip(before), l => !l.Contains(" ended after ", StringComparison.Ordinal));
    }

    private static string Reason(string body) => JsonDocument.Parse(body).RootElement.GetProperty("reason").GetString()!;

    private async Task ForbiddenAsync(string path)
    {
        var asked = path.Replace("{own}", Own, StringComparison.Ordinal).Replace("{OWN}", Own.ToUpperInvariant(), StringComparison.Ordinal).Replace("{other}", Foreign, StringComparison.Ordinal);
        var answer = await RawAsync($"GET {asked} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.Token}\r\nConnection: close\r\n\r\n");
        Assert.True(answer.Split('\r')[0].Split(' ')[1] is "403" or "404" or "400", answer);
        Assert.DoesNotContain("\"items\"", answer, StringComparison.Ordinal);
        // What is refused is refused here: the API server was never asked.
        Assert.DoesNotContain("system:serviceaccount", answer, StringComparison.Ordinal);
    }

    /// <summary>Sends bytes as they are, and reads until the other side ends, or says the end that is waited for.</summary>
    private async Task<string> RawAsync(string text, string? end = null, bool trickle = false, Uri? at = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", (at ?? world.Endpoint).Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var slow = trickle ? TrickleAsync(stream, over.Token) : Task.CompletedTask;
        var (answer, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await stream.ReadAsync(buffer, over.Token) is > 0 and var read)
            {
                answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
                if (end is not null && answer.ToString().Contains(end, StringComparison.Ordinal)) break;
            }
        }
        catch (IOException)
        {
            // It was ended by the other side.
        }

        await over.CancelAsync();
        await slow;
        return answer.ToString();
    }

    // 500 bytes a second are more than Kestrel's own least.
    private static async Task TrickleAsync(NetworkStream stream, CancellationToken cancellation)
    {
        try
        {
            for (; !cancellation.IsCancellationRequested; await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellation)) await stream.WriteAsync(new byte[50], cancellation);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Nobody reads it any more.
        }
    }
}
