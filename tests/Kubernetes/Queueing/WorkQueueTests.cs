using System.Collections.Concurrent;
using Federation.Kubernetes.Queueing;
using Federation.Kubernetes.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Kubernetes.Tests.Queueing;

public sealed class WorkQueueTests
{
    /// <summary>What a user of the queue does: 0 add, 1 take, 2 done, 3 add later, 4 time passes, 5 add after a failure.</summary>
    private sealed record Step(int What, int Key);

    private static Arbitrary<Step[]> Steps { get; } =
        Gen.Choose(0, 5).Zip(Gen.Choose(0, 4)).Select(pair => new Step(pair.Item1, pair.Item2)).ArrayOf().ToArbitrary();

    [Fact]
    public void AnySteps_Property_NothingLostNoKeyTwiceOldestFirst() =>
        Prop.ForAll(Steps, Holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(120));

    private static bool Holds(Step[] steps)
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<int>(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)), time);
        var model = new QueueModel();
        foreach (var step in steps)
        {
            switch (step.What)
            {
                case 0:
                    queue.Add(step.Key);
                    model.Add(step.Key);
                    break;
                case 1 when model.Ready.Count > 0:
                    // 1. Oldest first, and never a key that is worked on.
                    var taken = queue.TakeAsync(CancellationToken.None).GetAwaiter().GetResult();
                    if (taken != model.Take())
                    {
                        return false;
                    }

                    break;
                case 2:
                    queue.Done(step.Key);
                    model.Done(step.Key);
                    break;
                case 3:
                    queue.AddAfter(step.Key, TimeSpan.FromSeconds(2));
                    model.Later.Add(step.Key);
                    break;
                case 4:
                    // Longer than any pause, so that every waiting key is due.
                    time.Advance(TimeSpan.FromSeconds(10));
                    if (queue.Delayed != 0 || queue.Depth + queue.Working < model.Later.Count)
                    {
                        return false;
                    }

                    return DrainsTo(queue, model);
                case 5:
                    queue.AddRateLimited(step.Key);
                    model.Later.Add(step.Key);
                    break;
            }

            if (queue.Depth != model.Ready.Count || queue.Working != model.Working.Count)
            {
                return false;
            }
        }

        return true;
    }

    // 2. Nothing is lost: all that was added comes out once the work in hand is done.
    private static bool DrainsTo(WorkQueue<int> queue, QueueModel model)
    {
        var expected = model.Ready.Concat(model.Dirty).Concat(model.Later).ToHashSet();
        foreach (var key in model.Working)
        {
            queue.Done(key);
        }

        var seen = new HashSet<int>();
        while (queue.Depth > 0)
        {
            var key = queue.TakeAsync(CancellationToken.None).GetAwaiter().GetResult();
            if (!seen.Add(key))
            {
                return false;
            }

            queue.Done(key);
        }

        return seen.SetEquals(expected);
    }

    [Fact]
    public async Task ManyWorkers_OneKeyAtATime_EveryAddIsSeen()
    {
        using var queue = new WorkQueue<int>();
        using var stop = new CancellationTokenSource();
        var inHand = new ConcurrentDictionary<int, int>();
        var wanted = new int[8];
        var seen = new int[8];
        var overlaps = 0;
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var key = await queue.TakeAsync(stop.Token);
                overlaps += inHand.TryAdd(key, 0) ? 0 : 1;
                Volatile.Write(ref seen[key], Volatile.Read(ref wanted[key]));
                await Task.Yield();
                inHand.TryRemove(key, out var _);
                queue.Done(key);
            }
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var round = 0; round < 20_000; round++)
            {
                Interlocked.Increment(ref wanted[round % 8]);
                queue.Add(round % 8);
            }
        })));
        // A key may move from hand to queue between the two looks.
        await Eventually.TrueAsync(() => queue.Depth == 0 && queue.Working == 0 && wanted.SequenceEqual(seen));
        Assert.Equal(0, overlaps);
        Assert.Equal(wanted, seen);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(workers));
    }

    [Fact]
    public void AddAfter_SeveralTimes_TheEarliestCounts()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(null, time);
        queue.AddAfter("a", TimeSpan.FromMinutes(5));
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        queue.AddAfter("a", TimeSpan.FromMinutes(1));
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, queue.Depth);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, queue.Depth);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((1, 0), (queue.Depth, queue.Delayed));
    }

    [Fact]
    public void AddAfter_ManyTimesOneKey_HoldsNoMoreThanTheKeys()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<int>(null, time);
        for (var round = 100_000; round > 0; round--)
        {
            queue.AddAfter(1, TimeSpan.FromSeconds(round));
        }

        Assert.Equal(1, queue.Delayed);
    }

    [Fact]
    public async Task AddRateLimited_ThousandFailures_StillComesBackWithinTheCap()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), time);
        for (var failure = 1; failure <= 1000; failure++)
        {
            var pause = queue.AddRateLimited("a");
            Assert.InRange(pause, TimeSpan.FromSeconds(0.5), TimeSpan.FromMinutes(5));
            time.Advance(TimeSpan.FromMinutes(5));
            Assert.Equal("a", await queue.TakeAsync(CancellationToken.None));
            queue.Done("a");
        }

        Assert.Equal(1000, queue.Failures("a"));
        queue.Forget("a");
        Assert.True(queue.AddRateLimited("a") <= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void After_AnyFailures_Property_WithinHalfAndWholeOfTheGrownPause() =>
        Prop.ForAll<PositiveInt, byte>((failures, part) =>
        {
            var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
            var pause = backoff.After(failures.Get, part / 256.0);
            var grown = Math.Min(30, 0.1 * Math.Pow(2, Math.Min(failures.Get - 1, 40)));
            return pause.TotalSeconds >= (grown / 2) - 0.001 && pause.TotalSeconds <= grown + 0.001;
        }).QuickCheckThrowOnFailure();
}
