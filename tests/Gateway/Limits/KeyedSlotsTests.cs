using Federation.Gateway.Limits;

namespace Federation.Gateway.Tests.Limits;

public sealed class KeyedSlotsTests
{
    [Fact]
    public async Task Slots_AreEachTenantsOwn_AndComeBack()
    {
        var slots = new KeyedSlots(2, 0);
        var (first, second) = (await slots.TakeAsync("a", default), await slots.TakeAsync("a", default));
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(await slots.TakeAsync("a", default));
        Assert.NotNull(await slots.TakeAsync("b", default));

        first.Dispose();
        // Given back twice it is not free twice.
        first.Dispose();
        Assert.NotNull(await slots.TakeAsync("a", default));
        Assert.Null(await slots.TakeAsync("a", default));
    }

    [Fact]
    public async Task WhoIsBeyond_WaitsInTurn_AsFarAsThereIsRoom()
    {
        var slots = new KeyedSlots(1, 2);
        var first = await slots.TakeAsync("a", default);
        var (second, third) = (slots.TakeAsync("a", default).AsTask(), slots.TakeAsync("a", default).AsTask());
        Assert.Null(await slots.TakeAsync("a", default));
        Assert.False(second.IsCompleted || third.IsCompleted);

        first!.Dispose();
        var next = await second;
        Assert.False(third.IsCompleted);
        next!.Dispose();
        Assert.NotNull(await third);
    }

    [Fact]
    public async Task NobodyIsKept_WhoHasNothingGoingOn()
    {
        var slots = new KeyedSlots(1, 1);
        var going = await slots.TakeAsync("a", default);
        using var leaving = new CancellationTokenSource();
        var waiting = slots.TakeAsync("a", leaving.Token).AsTask();
        Assert.Null(await slots.TakeAsync("a", default));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, slots.Count);

        going!.Dispose();
        Assert.Equal(0, slots.Count);
        Assert.NotNull(await slots.TakeAsync("a", default));
    }

    [Fact]
    public async Task ManyAtOnce_NeverHaveMoreThanTheirs()
    {
        var (slots, inside, most) = (new KeyedSlots(3, 1000), 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using var mine = await slots.TakeAsync("a", default);
            InterlockedMax(ref most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        })));
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, slots.Count);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
            if (Interlocked.CompareExchange(ref target, value, seen) == seen) return;
    }
}
