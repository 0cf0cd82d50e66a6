namespace Federation.Host.Tests;

public class HeapRuleTests
{
    private const long MiB = 1 << 20;

    private readonly HeapRule rule = new();

    [Fact]
    public void A_heap_that_was_never_looked_at_is_collected() => Assert.True(rule.IsDue(30 * MiB, 100 * MiB));

    [Fact]
    public void What_every_heap_allocates_at_rest_is_no_growth()
    {
        rule.Collected(20 * MiB, 10 * MiB);

        // With its youngest generation, which is there again a moment later.
        Assert.False(rule.IsDue(25 * MiB, 10 * MiB));
    }

    [Fact]
    public void A_heap_that_grew_by_more_than_a_tenth_is_collected()
    {
        rule.Collected(60 * MiB, 10 * MiB);

        Assert.False(rule.IsDue(71 * MiB, 10 * MiB));
        Assert.True(rule.IsDue(73 * MiB, 10 * MiB));
    }

    [Fact]
    public void After_a_burst_what_was_kept_in_its_middle_is_looked_at_again()
    {
        rule.Collected(60 * MiB, 1000 * MiB);

        Assert.False(rule.IsDue(60 * MiB, 600 * MiB));
        Assert.True(rule.IsDue(60 * MiB, 400 * MiB));
    }

    [Fact]
    public void At_a_pace_that_stays_it_is_left_alone()
    {
        rule.Collected(60 * MiB, 1000 * MiB);
        var collections = 0;
        for (var look = 0; look < 100; look++)
        {
            // As quiet as it gets, now a little more and now a little less.
            var lately = (10 + (look % 4)) * MiB;
            if (!rule.IsDue(26 * MiB, lately)) continue;
            collections++;
            rule.Collected(20 * MiB, lately);
        }

        Assert.Equal(1, collections);
    }
}
