using System.Net;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
using Federation.Host.Options;
using Federation.Host.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Federation.Host.Tests;

/// <summary>The probes on a real Kestrel at a free port of the loopback.</summary>
public sealed class HealthEndpointsTests : IAsyncLifetime
{
    private readonly CurrentTerm current = new();
    private readonly OperatorHealth health = new(TimeProvider.System);
    private readonly OperatorOptions options = ValidOptions.Make();
    private WebApplication app = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(current).AddSingleton(health).AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton<ReplicaHealth>();
        app = builder.Build();
        app.MapHealth();
        await app.StartAsync();
        http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Alive_WhateverTheChainAndTheClusterDo() => Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/healthz"));

    [Fact]
    public async Task NotAlive_WhenAWatchOfTheTermHangs()
    {
        current.Set(new ScriptedTerm { Silence = TimeSpan.FromMinutes(11) });
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/healthz")).Status);
        current.Set(new ScriptedTerm { Silence = TimeSpan.FromMinutes(13) });
        var (status, text) = await AskAsync("/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("silent for 13 min", text, StringComparison.Ordinal);
        // Whoever lost the election watches nothing.
        current.Set(null);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/healthz")).Status);
    }

    [Fact]
    public async Task Leading_IsATermThatHasSynced_AndReadTheChain()
    {
        ChainIsRead();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/leading")).Status);
        current.Stand(() => TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/leading")).Status);
        foreach (var path in new[] { "/leading", "/readyz" })
        {
            current.Set(new ScriptedTerm { HasSynced = false });
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "waiting for the cluster"), await AskAsync(path));
            current.Set(new ScriptedTerm());
            Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync(path));
            health.ChainFailed("The node lags.");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "The node lags."), await AskAsync(path));
            ChainIsRead();
        }
    }

    /// <summary>A rollout waits for Ready: it must not wait for the end of the leader that it is to end.</summary>
    [Fact]
    public async Task ReplicaThatStandsBy_IsReady_WhileTheApiServerAnswersIt()
    {
        var (status, text) = await AskAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("waiting for the chain or the API server", text, StringComparison.Ordinal);
        var silence = TimeSpan.Zero;
        current.Stand(() => silence);
        // It may lead without the chain; a rollout shall not take the one away that reads it.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/readyz")).Status);
        current.ChainRead();
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/leading")).Status);
        silence = TimeSpan.FromSeconds(11);
        (status, text) = await AskAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("has not answered for 11 s", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChainThatStandsStill_MakesTheLeaderUnready_AndNeverDead()
    {
        current.Set(new ScriptedTerm());
        ChainIsRead(TimeSpan.FromMinutes(29));
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/readyz"));
        ChainIsRead(TimeSpan.FromMinutes(31));
        var (status, text) = await AskAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("31 min old", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/healthz")).Status);
        options.Times.LongestLag = TimeSpan.Zero;
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/readyz"));
    }

    private void ChainIsRead(TimeSpan age = default) => health.ChainSeen(
        new ChainPicture(new LedgerHead(1, 1, (TimeProvider.System.GetUtcNow() - age).ToUnixTimeSeconds(), "0x01", 1, "0x01"), new Dictionary<LeaseId, LeaseView>(), []));

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(string path)
    {
        using var answer = await http.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
