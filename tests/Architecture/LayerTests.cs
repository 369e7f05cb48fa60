using System.Linq;

namespace Doppel.Architecture.Tests;

public sealed class LayerTests
{
    [Fact]
    public void Projects_reference_only_what_their_layer_allows() =>
        Report.Empty(Repository.SourceProjects.SelectMany(project => LayerTable.Violations(project.ShortName, project.References.Select(ProjectFile.Short))));

    [Fact]
    public void Only_host_memory_and_cpu_allow_unsafe_blocks() =>
        Report.Empty(Repository.SourceProjects.Where(project => project.AllowsUnsafe && !LayerTable.MayBeUnsafe(project.ShortName)).Select(project => project.Path + " sets AllowUnsafeBlocks"));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("Doppel.slnx");
        Report.Empty(Repository.SourceProjects.Concat(Repository.TestProjects).Where(project => !solution.Contains($"\"{project.Path}\"", System.StringComparison.Ordinal)).Select(project => project.Path + " is missing in Doppel.slnx"));
    }

    [Fact]
    public void A_test_project_is_referenced_by_nothing_in_src() =>
        Report.Empty(Repository.SourceProjects.SelectMany(project => project.References.Where(reference => reference.EndsWith(".Tests", System.StringComparison.Ordinal)).Select(reference => $"{project.Path} references {reference}")));

    [Theory]
    [InlineData("Devices.Serial", "Host")]
    [InlineData("Devices.Serial", "Motherboard")]
    [InlineData("Devices.Serial", "Devices.Chipset")]
    [InlineData("Primitives", "Host")]
    [InlineData("Cpu", "Cpu.Interpreter")]
    [InlineData("Motherboard", "Cpu.Interpreter")]
    [InlineData("Sideshow", "Primitives")]
    public void A_forbidden_reference_is_found(string project, string reference) => Assert.NotEmpty(LayerTable.Violations(project, [reference]));

    [Theory]
    [InlineData("Devices.Ide", "Devices.Pci")]
    [InlineData("Backends.Disk", "Host")]
    [InlineData("Machine", "Cpu.Translator")]
    public void An_allowed_reference_passes(string project, string reference) => Assert.Empty(LayerTable.Violations(project, [reference]));

    [Fact]
    public void A_project_file_is_read()
    {
        ProjectFile project = ProjectFile.Parse(
            "src/Devices/Serial/Doppel.Devices.Serial.csproj",
            """<Project><PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup><ItemGroup><ProjectReference Include="$(RepoSrc)Host/Doppel.Host.csproj" /></ItemGroup></Project>""");
        Assert.True(project.AllowsUnsafe);
        Assert.Equal(["Doppel.Host"], project.References);
        Assert.Equal("Devices.Serial", project.ShortName);
        Assert.Equal("src/Devices/Serial/", project.Folder);
    }
}
