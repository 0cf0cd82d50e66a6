using System.Collections.Concurrent;
using System.Reflection;
using Federation.Testing.Pages;
using Xunit.v3;

namespace Federation.Scenarios.Docs;

/// <summary>Says that a test follows a page to the letter, or those sections of it; where it then leaves out a block, it is red.</summary>
/// <param name="page">From the root of the repository; an asterisk at its end stands for each page of that folder.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class FollowsAttribute(string page, params string[] sections) : BeforeAfterTestAttribute
{
    private static readonly ConcurrentDictionary<(string Test, string Place), bool> Done = new();

    /// <summary>The pages that there are of this name.</summary>
    internal IEnumerable<Page> Found => Pages.All.Where(IsOf);

    internal IReadOnlyList<string> Sections => sections;

    /// <summary>What a page has its reader do; and where a runbook has one look.</summary>
    internal static IEnumerable<Fence> BlocksOf(Page page) => page.Fences.Where(f => f.Language is "sh" or "yaml" or "text" || (IsRunbook(page) && PageReader.IsLook(f)));

    internal bool IsOf(Page other) => page.EndsWith('*') ? other.Path.StartsWith(page[..^1], StringComparison.Ordinal) : other.Path == page;

    internal bool Covers(Page other, Fence block) => IsOf(other) && (sections.Length == 0 || sections.Contains(block.Section));

    /// <summary>The test that runs has followed this block.</summary>
    internal static void Followed(Fence block) => Done[(TestContext.Current.Test!.UniqueID, block.Place)] = true;

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        // Who stopped half-way has said why.
        if (TestContext.Current.TestState?.Result == TestResult.Failed) return;
        var left = Found.SelectMany(p => BlocksOf(p).Where(b => Covers(p, b))).Where(b => !Done.ContainsKey((test.UniqueID, b.Place))).Select(b => b.Place);
        Assert.True(!left.Any(), $"{methodUnderTest.Name} says that it follows them, and does not: {string.Join(", ", left)}");
    }

    private static bool IsRunbook(Page page) => page.Path.Contains("/runbooks/", StringComparison.Ordinal);
}
