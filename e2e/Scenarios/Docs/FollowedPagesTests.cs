using System.Reflection;
using System.Text.RegularExpressions;
using Federation.Testing.Pages;

namespace Federation.Scenarios.Docs;

/// <summary>No page has a command that no test types: each block that its reader is to type or to see is one that a test says it follows, and a test that says so and does not is red.</summary>
public sealed partial class FollowedPagesTests
{
    private static readonly FollowsAttribute[] All = [.. typeof(FollowedPagesTests).Assembly.GetTypes().SelectMany(t => t.GetMethods()).SelectMany(m => m.GetCustomAttributes<FollowsAttribute>())];

    // Written from the commands, with brackets around what may be left out.
    private static IEnumerable<Page> Written => Pages.All.Where(p => p.Path != "operator/docs/reference/kubectl-compute.md");

    [Fact]
    public void EveryBlockOfEveryPage_IsFollowedByATest()
    {
        Assert.Contains(Pages.All.SelectMany(FollowsAttribute.BlocksOf), b => b.Language == "sh");
        Assert.Empty(Pages.All.SelectMany(Unfollowed));
    }

    [Fact]
    public void PageThatNobodyFollows_IsFound()
    {
        var added = Page.Parse("operator/docs/how-to/nobody.md", "## New\n```sh\nkubectl get pods\n```\n```text\nNAME\n```\n");
        Assert.Equal(["operator/docs/how-to/nobody.md:2", "operator/docs/how-to/nobody.md:5"], Unfollowed(added));
        Assert.Equal(["README.md:2"], Unfollowed(Page.Parse("README.md", "## Another section\n```sh\nkubectl get pods\n```\n")));
        Assert.Empty(Unfollowed(Page.Parse("operator/docs/runbooks/FederationNew.md", "## How to see it\n```\nkubectl get pods\n```\n")));
    }

    [Fact]
    public void EveryPageThatIsFollowed_IsThere_WithItsSections() => Assert.Empty(All.SelectMany(
        f => f.Found.Any() ? f.Sections.Where(s => f.Found.All(p => FollowsAttribute.BlocksOf(p).All(b => b.Section != s))).Select(s => $"{f.Found.First().Path}: no '{s}'") : ["a page that is not there is followed"]));

    // What is not marked as shell is not typed: then it must not be any.
    [Fact]
    public void Commands_StandInBlocksOfShell()
    {
        Assert.Empty(Written.SelectMany(Hidden));
        Assert.Equal(["page.md:1"], Hidden(Page.Parse("page.md", "```\n# First\nkubectl compute get\n```\n")));
        Assert.Empty(Hidden(Page.Parse("page.md", "```\nchain: {id: 1}\n```\n")));
    }

    [Fact]
    public void WhatMakeIsToDo_IsATarget()
    {
        var targets = Target().Matches(File.ReadAllText(Path.Combine(Pages.Root, "Makefile"))).Select(m => m.Groups[1].Value).ToHashSet();
        var asked = Written.SelectMany(p => p.Fences).Where(IsOfMake).SelectMany(f => Made().Matches(f.Text)).Select(m => m.Groups[1].Value).ToArray();
        Assert.Contains("test", asked);
        Assert.Empty(asked.Except(targets));
    }

    private static IEnumerable<string> Unfollowed(Page page) => FollowsAttribute.BlocksOf(page).Where(b => !IsOfMake(b) && !All.Any(f => f.Covers(page, b))).Select(b => b.Place);

    private static IEnumerable<string> Hidden(Page page) =>
        page.Fences.Where(f => f.Language is not ("sh" or "text" or "mermaid") && !PageReader.IsLook(f) && Command().IsMatch(f.Text)).Select(f => f.Place);

    // A test cannot run all tests, itself among them; the build does.
    private static bool IsOfMake(Fence block) => block.Language == "sh" && block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(l => Made().IsMatch(l));

    [GeneratedRegex(@"^make ([a-z0-9-]+)", RegexOptions.Multiline)]
    private static partial Regex Made();

    [GeneratedRegex("^([a-z0-9-]+):.*## ", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"^\s*(kubectl|helm|make|cast|forge|anvil|npm|curl|jq|ctr|skopeo|export|cd|openssl|dotnet|federation-operator)\s", RegexOptions.Multiline)]
    private static partial Regex Command();
}
