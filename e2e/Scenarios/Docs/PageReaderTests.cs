using Federation.Testing.Pages;

namespace Federation.Scenarios.Docs;

/// <summary>A page that is wrong makes the test of the pages red, and says where.</summary>
public sealed class PageReaderTests : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("federation-reader-");

    public void Dispose() => home.Delete(recursive: true);

    [Fact]
    public async Task Page_IsFollowed_WithWhatTheReaderHas_AndWhatItExportedBefore()
    {
        const string Text = """
            ## First
            ```sh
            export NODE=https://node.example   # yours
            export BOTH="$NODE/$(cat given.txt)"
            ```
            ## Then, `file.yaml`:
            ```yaml
            image: of-the-page
            ```
            ```sh
            echo "$BOTH   and"; grep image file.yaml; echo aside >&2
            ```
            ```text
            http://here/…  and
            image: of-here
            aside
            ```
            """;
        await File.WriteAllTextAsync(Path.Combine(home.FullName, "given.txt"), "given", TestContext.Current.CancellationToken);
        var reader = Reader();
        await reader.FollowAsync(Page.Parse("page.md", Text));
        Assert.Equal("http://here/given", await reader.ValueAsync("BOTH"));
    }

    [Theory]
    [InlineData("```sh\nls /nowhere\n```", "page.md:1: it ends with 2")]
    [InlineData("```sh\nfalse | cat\necho on\n```", "page.md:1: it ends with 1")]
    [InlineData("```sh\necho \"$NOBODY_SET_THIS\"\n```", "page.md:1: it ends with ")]
    [InlineData("```sh\necho one\n```\n```text\ntwo\n```", "page.md:4: the commands say otherwise")]
    [InlineData("```sh\necho one; echo two\n```\n```text\none\n```", "page.md:4: the commands say otherwise")]
    [InlineData("```console\n$ ls\n```", "page.md:1: nobody knows what to do")]
    public async Task WrongPage_IsRed_AndItsLineIsNamed(string text, string fault)
    {
        var failed = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => Reader().FollowAsync(Page.Parse("page.md", text)));
        Assert.StartsWith(fault, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SectionThatIsNotThere_IsRed() =>
        await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => Reader().FollowAsync(Page.Parse("page.md", "## One\n```sh\ntrue\n```"), "Two"));

    [Theory]
    [InlineData("kubectl get nothing-of-this-name", "page.md:2: it ends with ")]
    [InlineData("kubectl get all      # with cert-manager alone", "page.md:2: nothing of it is looked at")]
    public async Task RunbookThatLooksAtNothing_IsRed(string look, string fault)
    {
        var failed = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => Reader().LookAsync(Page.Parse("page.md", $"## How to see it\n```\n{look}\n```")));
        Assert.StartsWith(fault, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunbookThatFindsNothing_IsNotRed() => await Reader().LookAsync(Page.Parse("page.md", "## How to see it\n```\necho well | grep -i ill\n```"));

    private PageReader Reader() => new(home.FullName, new Dictionary<string, string> { ["NODE"] = "http://here" }, ("of-the-page", "of-here"));
}
