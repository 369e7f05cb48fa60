using System.Linq;

namespace Doppel.Architecture.Tests;

public sealed class UnsafeTests
{
    [Fact]
    public void Every_pointer_stands_under_a_safety_note() => Report.Empty(Repository.Sources("src").SelectMany(UnsafeRule.Violations));

    [Theory]
    [InlineData("namespace A;\nclass B\n{\n    unsafe void M() { }\n}\n", 1)]
    [InlineData("namespace A;\nclass B\n{\n    // SAFETY: nothing is touched.\n    unsafe void M() { }\n}\n", 0)]
    [InlineData("namespace A;\nunsafe class B\n{\n    void M() { byte* p = null; }\n    int O() => 1;\n    // SAFETY: x\n    void N() { byte* p = null; }\n}\n", 1)]
    [InlineData("namespace A;\n// SAFETY: all of it.\nunsafe class B\n{\n    void M() { byte* p = null; }\n    void N() { byte* p = null; }\n}\n", 0)]
    [InlineData("namespace A;\nunsafe class B\n{\n    // SAFETY: x\n    void M() { byte* p = null; }\n    void N() { byte* p = null; }\n}\n", 0)]
    [InlineData("namespace A;\nunsafe class B\n{\n    // SAFETY: both stay mapped.\n    byte* p;\n    byte* q;\n    int M() => 1;\n}\n", 0)]
    [InlineData("namespace A;\nunsafe class B\n{\n    int M() => 1;\n}\n", 1)]
    [InlineData("namespace A;\n// SAFETY: x\nunsafe class B\n{\n    int M() => 1;\n}\n", 0)]
    [InlineData("namespace A;\nclass B\n{\n    Handler M() => &Run;\n}\n", 1)]
    [InlineData("namespace A;\nclass B\n{\n    bool M(bool a, bool b) => (a && b) & a;\n}\n", 0)]
    [InlineData("namespace A;\nclass B\n{\n    int M(int a, int b) => a * b; // byte* in words\n}\n", 0)]
    [InlineData("namespace A;\nclass B\n{\n    int P { get; } = Unsafe.SizeOf<int>();\n}\n", 1)]
    public void The_rule_tells_good_from_bad(string text, int expected) => Assert.Equal(expected, UnsafeRule.Violations(new SourceFile("a.cs", text)).Count());

    [Theory]
    [InlineData("a \"b // c\" d", "a          d")]
    [InlineData("a $\"x{y[\"k\"]}z\" d", "a               d")]
    [InlineData("a @\"x\\\" d", "a       d")]
    [InlineData("'\"' x", "    x")]
    [InlineData("a // b\nc", "a     \nc")]
    [InlineData("a /* b\n */ c", "a     \n    c")]
    [InlineData("\"\"\"x \" y\"\"\" z", "            z")]
    public void Comments_and_texts_are_blanked(string text, string expected) => Assert.Equal(expected, CodeText.Blank(text));
}
