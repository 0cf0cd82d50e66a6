using System.Net;
using Federation.Application.Ports;
using Federation.Application.Reconciling;
using Federation.Application.Watching;
using Federation.Domain.Leases;
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
    private WebApplication app = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(current).AddSingleton(health);
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
    public async Task Ready_NeedsATermThatHasSynced()
    {
        ChainIsRead();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/readyz")).Status);
        current.Set(new ScriptedTerm { HasSynced = false });
        var (status, text) = await AskAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("waiting for the cluster", text, StringComparison.Ordinal);
        current.Set(new ScriptedTerm());
        Assert.Equal((HttpStatusCode.OK, "ok"), await AskAsync("/readyz"));
    }

    [Fact]
    public async Task Ready_NeedsTheChain_AndSaysWhatIsWrongWithIt()
    {
        current.Set(new ScriptedTerm());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/readyz")).Status);
        ChainIsRead();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/readyz")).Status);
        health.ChainFailed("The node lags.");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The node lags."), await AskAsync("/readyz"));
    }

    private void ChainIsRead() => health.ChainSeen(new ChainPicture(new LedgerHead(1, 1, 1, "0x01", 1, "0x01"), new Dictionary<LeaseId, LeaseView>(), []));

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(string path)
    {
        using var answer = await http.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
