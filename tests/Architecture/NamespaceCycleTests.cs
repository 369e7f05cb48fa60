using System;
using System.Linq;

namespace Doppel.Architecture.Tests;

public sealed class NamespaceCycleTests
{
    [Fact]
    public void Namespaces_form_no_circles()
    {
        string[][] allowed =
        [
            .. Repository.Read("tests/Architecture/namespace-circles.txt").Split('\n')
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => line.Split(':', 2)[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        ];
        string[][] found = [.. new NamespaceGraph(Repository.Sources("src")).Cycles()];
        Report.Empty(found.Where(ring => !allowed.Any(list => IsWithin(ring, list))).Select(ring => "circle: " + string.Join(", ", ring))
            .Concat(allowed.Where(list => !found.Any(ring => IsWithin(ring, list))).Select(list => "namespace-circles.txt allows what is not there: " + string.Join(", ", list))));
    }

    [Fact]
    public void A_circle_between_a_namespace_and_its_child_is_found()
    {
        NamespaceGraph graph = new(
        [
            new SourceFile("a.cs", "using A.B.C;\nnamespace A.B;\nclass Outer { Inner _x; }"),
            new SourceFile("b.cs", "namespace A.B.C;\nclass Inner { Outer _x; }"),
        ]);
        Assert.Single(graph.Cycles());
    }

    [Fact]
    public void A_name_of_a_namespace_that_is_not_imported_counts_for_nothing()
    {
        NamespaceGraph graph = new(
        [
            new SourceFile("a.cs", "using A.C;\nnamespace A.B;\nclass Outer { Inner _x; }"),
            new SourceFile("b.cs", "namespace A.C;\nclass Inner { int Outer; }"),
        ]);
        Assert.Empty(graph.Cycles());
    }

    // An entry that ends in ".*" stands for a namespace and all below it.
    private static bool IsWithin(string[] ring, string[] list) =>
        ring.All(name => list.Any(entry => entry == name || (entry.EndsWith(".*", StringComparison.Ordinal) && (name + ".").StartsWith(entry[..^1], StringComparison.Ordinal))));
}
