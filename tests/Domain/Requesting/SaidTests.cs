using Federation.Domain.Requesting;

namespace Federation.Domain.Tests.Requesting;

public sealed class SaidTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("NoCapacity", "NoCapacity")]
    [InlineData("no capacity", Said.Unnamed)]
    [InlineData("1st", Said.Unnamed)]
    public void Reason_IsAWord(string said, string taken) => Assert.Equal(taken, Said.Word(said));

    [Fact]
    public void WhatIsTooLong_IsCut()
    {
        Assert.Equal(Said.Unnamed, Said.Word(new string('a', 65)));
        Assert.Equal(512, Said.Sentence(new string('a', 100_000)).Length);
        Assert.Equal("a b", Said.Sentence("a\nb"));
        // No half of a pair is left.
        Assert.Equal("aa…", Said.Sentence("aa\U0001F600bb", 4));
        Assert.Equal(16, Said.Endpoints(Enumerable.Repeat<string?>("http://a", 1000)).Count);
        Assert.Equal(["http://a"], Said.Endpoints([new string('a', 257), null, "http://a"]));
    }
}
