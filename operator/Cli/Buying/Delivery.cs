using System.Text.Json.Nodes;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Gateway;
using Federation.Kubernetes.Client;

namespace Federation.Cli.Buying;

/// <summary>Brings a workload to its lease's datacenter, and waits until it runs.</summary>
internal sealed class Delivery(Call call, TimeSpan patience)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly long since = call.Here.Clock.GetTimestamp();

    /// <summary>Delivers as soon as the datacenter has seen the match and made the namespace.</summary>
    /// <exception cref="CliException">It did not take it in time, or refuses it for good.</exception>
    public async Task<SignedInAt> DeliverAsync(LeaseId lease, string provider, JsonNode workload)
    {
        var signedIn = await call.Progress.WhileAsync("Waiting for the datacenter to see the lease…", say => UntilAsync(lease, async () =>
        {
            try
            {
                return await DeliverOnceAsync(lease, provider, workload);
            }
            catch (GatewayRefusalException e) when (e.Reason is "LeaseMissing" or "NotLeading" or "NotReady" or "ChainUnavailable")
            {
                say("Waiting for the datacenter to see the lease…");
                return null;
            }
            catch (KubernetesException e) when (e.IsForbidden || e.IsNotFound || e.IsTransient)
            {
                say("Waiting for the lease's namespace…");
                return null;
            }
            catch (Exception e) when (e is GatewayException or HttpRequestException or TimeoutException)
            {
                say($"The datacenter does not answer, which is tried again: {Printable.Line(e.Message)}");
                return null;
            }
        }));
        call.Progress.Done("The workload is delivered.");
        return signedIn;
    }

    /// <summary>Waits until the lease is ready; what it waits for is said as the datacenter says it.</summary>
    /// <exception cref="CliException">It is not in time, or its datacenter has given up.</exception>
    public async Task WaitAsync(LeaseId lease, SignedInAt at)
    {
        var last = "the datacenter has said nothing yet";
        using var door = new LeaseDoor(at, call.Here.Clock);
        try
        {
            await call.Progress.WhileAsync("Waiting until it is ready…", say => UntilAsync(lease, async () =>
            {
                try
                {
                    if (Ready(await door.ReadAsync(lease, call.Cancellation)) is not { } ready) return null;
                    if ((string?)ready["status"] == "True") return ready;
                    last = Printable.Line($"{ready["reason"]}: {ready["message"]}");
                    say(last);
                    return (string?)ready["reason"] is "LeaseClosed" or "NeverStarted" or "Refused" ? throw new CliException(ExitCodes.Refused, $"It will not be ready. {last}") : null;
                }
                catch (Exception e) when (e is HttpRequestException or TimeoutException or KubernetesException { IsTransient: true })
                {
                    last = Printable.Line(e.Message);
                    return null;
                }
            }));
        }
        catch (CliException e) when (e.Code == ExitCodes.Timeout)
        {
            throw new CliException(ExitCodes.Timeout, $"It is not ready within {patience.TotalSeconds:0} s: {last}. The lease goes on: kubectl compute explain {LeaseSheet.Short(lease)}.", e);
        }

        call.Progress.Done("It is ready.");
    }

    private async Task<SignedInAt?> DeliverOnceAsync(LeaseId lease, string provider, JsonNode workload)
    {
        // Whoever signed in before the match has a credential that is good for the new lease, too.
        var at = await (await call.SignInAsync()).EnterAsync(Address.Parse(provider), isFresh: false, call.Cancellation);
        using var door = new LeaseDoor(at, call.Here.Clock);
        await door.DeliverAsync(lease, workload, call.Cancellation);
        return at;
    }

    private async Task<T> UntilAsync<T>(LeaseId lease, Func<Task<T?>> attempt)
        where T : class
    {
        while (true)
        {
            if (await attempt() is { } done) return done;
            if (call.Here.Clock.GetElapsedTime(since) > patience)
                throw new CliException(ExitCodes.Timeout, $"The datacenter did not take the workload within {patience.TotalSeconds:0} s. The lease is there: kubectl compute create -f FILE --lease {LeaseSheet.Short(lease)} goes on, kubectl compute close {LeaseSheet.Short(lease)} gets the escrow back.");
            await Task.Delay(Pause, call.Here.Clock, call.Cancellation);
        }
    }

    private static JsonObject? Ready(JsonObject? lease) => (lease?["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => (string?)c["type"] == "Ready");
}
