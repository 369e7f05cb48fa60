namespace Doppel.Agreement.Tests;

public sealed class TallyTests
{
    [Fact]
    public void Unknown_and_outlived_failures_are_both_told()
    {
        Tally tally = new("demo");
        tally.Fail("Add", "first");
        tally.Fail("Add", "second");
        Assert.Empty(tally.Complaints(Tally.ParseKnown(["# comment", "Add 2 the reason why"])));
        Assert.Single(tally.Complaints(Tally.ParseKnown(["Add 1 the reason why"])));
        Assert.Single(tally.Complaints(Tally.ParseKnown(["Add 3 the reason why"])));
        Assert.Single(tally.Complaints(Tally.ParseKnown([])));
        Assert.Equal(2, tally.Failed);
    }

    [Fact]
    public void A_case_line_is_read()
    {
        HwCase test = HwCase.Parse(
            """{"n":"std","c":"fd","fm":2261,"i":{"r":[1,2,3,4,5,6,7,4294967295],"f":2,"m":"0102"},"o":{"v":13,"e":0,"r":[1,2,3,4,5,6,7,8],"f":1026,"ip":-1,"m":[[228,21]]}}""",
            7);
        Assert.Equal([0xFD], test.Code);
        Assert.Equal(uint.MaxValue, test.Before.Registers[7]);
        Assert.Equal(uint.MaxValue, test.After.InstructionPointer);
        Assert.Equal(13, test.After.Vector);
        Assert.Null(test.Before.Vector);
        Assert.Equal((228, (byte)21), Assert.Single(test.Changes));
        Assert.Null(test.Before.St);
        Assert.False(test.ResultUndefined);
    }
}
