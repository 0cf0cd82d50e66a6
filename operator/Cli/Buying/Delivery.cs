using System.Text.Json.Nodes;
using Federation.Application.Access;
using Federation.Application.Ports;
using Federation.Application.Quoting;
using Federation.Chain.Signing;
using Federation.Chain.Tenancy;
using Federation.Cli.Access;
using Federation.Cli.Commands;
using Federation.Cli.Output;
using Federation.Cli.Reading;
using Federation.Domain.Leases;
using Federation.Ethereum;
using Federation.Ethereum.Abi;
using Federation.Ethereum.JsonRpc;
using Federation.Gateway;
using Federation.Kubernetes.Client;

namespace Federation.Cli.Buying;

/// <summary>Brings a workload to its lease's datacenter, and waits until it runs.</summary>
internal sealed class Delivery(Call call, TimeSpan patience)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly long since = call.Here.Clock.GetTimestamp();
    private int turnedAway;

    /// <summary>Delivers, and waits where that is wanted. However that ends, the lease is named: it is paid for.</summary>
    /// <exception cref="CliException">It was interrupted, did not come in time, or is refused for good.</exception>
    public async Task RunAsync(ArchivedLease lease, JsonNode workload, bool waits)
    {
        try
        {
            var at = await DeliverAsync(lease.Id, lease.Terms.Provider, workload);
            if (waits) await WaitAsync(lease.Id, at);
        }
        catch (OperationCanceledException e)
        {
            throw new CliException(ExitCodes.Interrupted, $"Interrupted. {Onward(lease)}", e);
        }
        catch (Exception e) when (CodeOf(e) is { } code)
        {
            throw new CliException(code, $"{(e is CliException ? e.Message : Printable.Line(e.Message))}\n{Onward(lease)}", e);
        }
    }

    /// <summary>What a tenant has and can do whose workload did not get there.</summary>
    internal static string Onward(ArchivedLease lease)
    {
        var text = $"Lease {lease.Id} goes on. kubectl compute create -f FILE --lease {LeaseSheet.Short(lease.Id)} delivers to it, kubectl compute get {LeaseSheet.Short(lease.Id)} shows it.";
        return lease.Lease.State != LeaseState.Reserved ? text
            : lease.Terms.ReservationFee.IsZero ? $"{text} kubectl compute close {LeaseSheet.Short(lease.Id)} gets the escrow back."
            : $"{text} If the datacenter does not take it, wait until {Shown.Time(lease.Terms.ActivateBy)}: closed after that the whole escrow comes back and the datacenter pays for it; closed before it costs the reservation fee. Where `get` shows it active by then it is billed: close it at once.";
    }

    // Who throws here is the datacenter, the wallet or the chain; what is none of them is a fault of this program.
    private static int? CodeOf(Exception e) => e switch
    {
        CliException known => known.Code,
        GatewayRefusalException or KubernetesException or FormatException or ArgumentException => ExitCodes.Refused,
        SignerUnavailableException or TenantKeyException => ExitCodes.WalletUnusable,
        LedgerException or RpcTransportException or RpcResponseException or AbiException => ExitCodes.ChainUnreachable,
        _ => null,
    };

    /// <summary>Delivers as soon as the datacenter has seen the match and made the namespace.</summary>
    /// <exception cref="CliException">It did not take it in time, or refuses it for good.</exception>
    private async Task<SignedInAt> DeliverAsync(LeaseId lease, string provider, JsonNode workload)
    {
        var signedIn = await call.Progress.WhileAsync("Waiting for the datacenter to see the lease…", say => UntilAsync(async () =>
        {
            try
            {
                return await DeliverOnceAsync(lease, provider, workload);
            }
            catch (GatewayRefusalException e) when (e.Reason is QuoteReasons.NotLeading or AccessReasons.LeaseMissing or AccessReasons.NotReady or AccessReasons.ChainUnavailable
                or AccessReasons.NonceInvalid or AccessReasons.TooManySignIns or "TooManyRequests")
            {
                say("Waiting for the datacenter to see the lease…");
                return null;
            }
            // A credential of before its cluster's key was changed: another sign-in gets another, and helps or does not.
            catch (KubernetesException e) when (e.IsUnauthorized && turnedAway++ == 0)
            {
                say("The datacenter does not know the credential any more; signing in anew…");
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
    private async Task WaitAsync(LeaseId lease, SignedInAt at)
    {
        var last = "the datacenter has said nothing yet";
        var door = new LeaseDoor(at, call.Here.Clock);
        try
        {
            await call.Progress.WhileAsync("Waiting until it is ready…", say => UntilAsync(async () =>
            {
                try
                {
                    if (Ready(await door.ReadAsync(lease, call.Cancellation)) is not { } ready) return null;
                    if ((string?)ready["status"] == "True") return ready;
                    last = Printable.Line($"{ready["reason"]}: {ready["message"]}");
                    say(last);
                    return (string?)ready["reason"] is "LeaseClosed" or "NeverStarted" or "Refused" ? throw new CliException(ExitCodes.Refused, $"It will not be ready. {last}") : null;
                }
                // Credentials last an hour, and waiting may take longer.
                catch (KubernetesException e) when (e.IsUnauthorized)
                {
                    last = Printable.Line(e.Message);
                    at = await (await call.SignInAsync()).EnterAsync(at.Provider, isFresh: true, call.Cancellation);
                    door.Dispose();
                    door = new LeaseDoor(at, call.Here.Clock);
                    return null;
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
            throw new CliException(ExitCodes.Timeout, $"It is not ready within {patience.TotalSeconds:0} s: {last}. kubectl compute explain {LeaseSheet.Short(lease)} says more.", e);
        }
        finally
        {
            door.Dispose();
        }

        call.Progress.Done("It is ready.");
    }

    private async Task<SignedInAt?> DeliverOnceAsync(LeaseId lease, string provider, JsonNode workload)
    {
        // Whoever signed in before the match has a credential that is good for the new lease, too.
        var at = await (await call.SignInAsync()).EnterAsync(Address.Parse(provider), isFresh: turnedAway > 0, call.Cancellation);
        using var door = new LeaseDoor(at, call.Here.Clock);
        await door.DeliverAsync(lease, workload, call.Cancellation);
        return at;
    }

    private async Task<T> UntilAsync<T>(Func<Task<T?>> attempt)
        where T : class
    {
        while (true)
        {
            if (await attempt() is { } done) return done;
            if (call.Here.Clock.GetElapsedTime(since) > patience)
                throw new CliException(ExitCodes.Timeout, $"The datacenter did not take the workload within {patience.TotalSeconds:0} s.");
            await Task.Delay(Pause, call.Here.Clock, call.Cancellation);
        }
    }

    private static JsonObject? Ready(JsonObject? lease) => (lease?["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => (string?)c["type"] == "Ready");
}
