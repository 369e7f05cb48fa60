namespace Doppel.Architecture.Tests;

public sealed class NamespaceCycleTests
{
    [Fact]
    public void Namespaces_form_no_circles() => Report.Empty(new NamespaceGraph(Repository.Sources("src")).Cycles());

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
}
