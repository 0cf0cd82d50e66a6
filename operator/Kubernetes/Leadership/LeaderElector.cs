using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Federation.Kubernetes.Leadership;

/// <summary>
/// Elects one of several processes through a Lease object. At most one believes to lead at any time, as long as
/// clocks run at about the same rate; <see cref="LeadershipTerm"/> is asked before every effect.
/// </summary>
public sealed class LeaderElector
{
    private static readonly DateTimeOffset Beginning = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ResourceClient<V1Lease> leases;
    private readonly LeaderElectionOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly LeaseRecord record;
    private volatile LeadershipTerm? term;
    private V1Lease? held;
    private long answered;

    /// <exception cref="ArgumentException">The times do not keep two leaders apart.</exception>
    public LeaderElector(KubernetesClient client, LeaderElectionOptions options, TimeProvider? time = null, ILogger<LeaderElector>? logger = null)
    {
        options.Validate();
        leases = client.Resource<V1Lease>();
        this.options = options;
        this.time = time ?? TimeProvider.System;
        log = logger ?? NullLogger<LeaderElector>.Instance;
        record = new LeaseRecord(this.time);
        answered = this.time.GetTimestamp();
    }

    /// <summary>True while this process leads; computed from the clock at every question.</summary>
    public bool IsLeader => term?.IsLeader ?? false;

    /// <summary>Since the Lease was last read or renewed, by leader and candidate alike: long when the API server is away or refuses.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref answered));

    /// <summary>
    /// Waits for the election, runs <paramref name="lead"/>, and stands again when the term was lost. On cancellation it
    /// waits for <paramref name="lead"/> to end and then gives the Lease back, so that a successor need not wait.
    /// </summary>
    /// <param name="lead">The work. Must end when <see cref="LeadershipTerm.LeadershipLost"/> is cancelled.</param>
    /// <param name="cancellationToken">Ends the candidacy.</param>
    public async Task RunAsync(Func<LeadershipTerm, Task> lead, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var current = await AcquireAsync(cancellationToken);
            if (current is null)
            {
                return;
            }

            await ServeAsync(current, lead, cancellationToken);
        }
    }

    private async Task ServeAsync(LeadershipTerm current, Func<LeadershipTerm, Task> lead, CancellationToken cancellationToken)
    {
        term = current;
        log.LogInformation("{Identity} leads {Name}, term {Epoch}", options.Identity, options.Name, current.Epoch);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewAsync(current, stop.Token);
        try
        {
            await lead(current);
        }
        finally
        {
            await stop.CancelAsync();
            await renewing;
            var wasLeader = current.IsLeader;
            term = null;
            current.End();
            if (wasLeader)
            {
                await ReleaseAsync(current);
            }
        }
    }

    private async Task<LeadershipTerm?> AcquireAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await TryAcquireAsync(cancellationToken) is { } won)
                {
                    return won;
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                log.LogWarning("{Name}: cannot stand for election: {Failure}", options.Name, failure.Message);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(options.RetryPeriod, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return null;
    }

    private async Task<LeadershipTerm?> TryAcquireAsync(CancellationToken cancellationToken)
    {
        var found = await ReadAsync(cancellationToken);
        var (ticks, wall) = (time.GetTimestamp(), time.GetUtcNow());
        try
        {
            if (found is null)
            {
                var begin = FirstEpoch(wall);
                var first = new V1Lease { Metadata = new() { Name = options.Name, Namespace = options.Namespace }, Spec = Claim(begin, wall) };
                held = await leases.CreateAsync(first, cancellationToken: cancellationToken);
                return new LeadershipTerm(time, options.RenewDeadline, begin, ticks, wall);
            }

            record.Observe(found);
            if (!record.IsFree(found, options.LeaseDuration))
            {
                return null;
            }

            var epoch = (found.Spec.LeaseTransitions ?? 0) + 1;
            held = await leases.ReplaceAsync(found with { Spec = Claim(epoch, wall) }, cancellationToken: cancellationToken);
            return new LeadershipTerm(time, options.RenewDeadline, epoch, ticks, wall);
        }
        catch (KubernetesException failure) when (failure.IsConflict)
        {
            // Another candidate was faster.
            return null;
        }
    }

    private async Task RenewAsync(LeadershipTerm current, CancellationToken stop)
    {
        while (current.IsLeader && !stop.IsCancellationRequested)
        {
            var pause = options.RetryPeriod < current.Remaining ? options.RetryPeriod : current.Remaining;
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested || !current.IsLeader)
            {
                break;
            }

            using var deadline = new CancellationTokenSource(current.Remaining + TimeSpan.FromMilliseconds(1), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
            if (!await TryRenewAsync(current, either.Token))
            {
                break;
            }
        }

        if (!stop.IsCancellationRequested)
        {
            log.LogWarning("{Identity} no longer leads {Name}", options.Identity, options.Name);
        }

        // Stopped in good order, the term stays true until the work has ended and the Lease is given back.
        if (stop.IsCancellationRequested)
        {
            current.Announce();
        }
        else
        {
            current.End();
        }
    }

    /// <returns>False when the Lease is somebody else's now.</returns>
    private async Task<bool> TryRenewAsync(LeadershipTerm current, CancellationToken cancellationToken)
    {
        // Taken before the request leaves: the server may store it at any moment from here on.
        var (ticks, wall) = (time.GetTimestamp(), time.GetUtcNow());
        // What was written last is taken for what is there: the server refuses when it is not, and only then it is read.
        var known = Interlocked.Exchange(ref held, null);
        try
        {
            var found = known ?? await ReadAsync(cancellationToken);
            if (found is null || found.Spec.HolderIdentity != options.Identity || found.Spec.LeaseTransitions != current.Epoch)
            {
                return false;
            }

            current.ThrowIfLost();
            var next = found with { Spec = found.Spec with { RenewTime = wall } };
            record.Observe(held = await leases.ReplaceAsync(next, cancellationToken: cancellationToken));
            Interlocked.Exchange(ref answered, time.GetTimestamp());
            return current.Renew(ticks, wall);
        }
        catch (KubernetesException failure) when (known is not null && (failure.IsConflict || failure.IsNotFound))
        {
            return await TryRenewAsync(current, cancellationToken);
        }
        catch (Exception failure) when (failure is not LeadershipLostException)
        {
            // Tried again until the deadline: one lost answer is no reason to stop.
            log.LogDebug("{Name}: renewal failed: {Failure}", options.Name, failure.Message);
            return true;
        }
        catch (LeadershipLostException)
        {
            return false;
        }
    }

    private async Task<V1Lease?> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await leases.GetAsync(options.Name, options.Namespace, cancellationToken);
        Interlocked.Exchange(ref answered, time.GetTimestamp());
        return found;
    }

    private async Task ReleaseAsync(LeadershipTerm ended)
    {
        try
        {
            var found = await leases.GetAsync(options.Name, options.Namespace, CancellationToken.None);
            if (found?.Spec.HolderIdentity == options.Identity && found.Spec.LeaseTransitions == ended.Epoch)
            {
                var spec = found.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = time.GetUtcNow() };
                await leases.ReplaceAsync(found with { Spec = spec }, cancellationToken: CancellationToken.None);
            }
        }
        catch (Exception failure)
        {
            log.LogInformation("{Name} was not given back and runs out by itself: {Failure}", options.Name, failure.Message);
        }
    }

    // Where the Lease was deleted, or is in no backup, the next term must not count for an earlier one than those that wrote before.
    private static int FirstEpoch(DateTimeOffset now) => (int)Math.Clamp((now - Beginning).TotalSeconds, 1, int.MaxValue / 2);

    private V1LeaseSpec Claim(int epoch, DateTimeOffset now) => new()
    {
        HolderIdentity = options.Identity,
        LeaseDurationSeconds = (int)Math.Ceiling(options.LeaseDuration.TotalSeconds),
        AcquireTime = now,
        RenewTime = now,
        LeaseTransitions = epoch,
    };
}
