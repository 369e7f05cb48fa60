namespace Doppel.Devices.Display.Vga;

/// <summary>One line of a picture as the CRTC counts.</summary>
/// <param name="Counter">Counter at its left edge.</param>
/// <param name="RowLine">Line within its row.</param>
/// <param name="IsLower">Whether it lies below the split.</param>
/// <param name="StartsRow">Whether a row begins with it.</param>
internal readonly record struct VgaLine(int Counter, int RowLine, bool IsLower, bool StartsRow);

/// <summary>
/// Walks the lines of a frame as the CRTC does: the counter advances after each row, and starts again at 0 where the line compare register says.
/// </summary>
internal struct VgaLines(in VgaFrame frame)
{
    private readonly VgaFrame _frame = frame;
    private int _next;
    private int _counter = frame.Start;
    private int _rowLine = frame.FirstRowLine;
    private int _repeat;
    private bool _isLower;
    private bool _startsRow = true;

    /// <summary>The next line.</summary>
    public VgaLine Next()
    {
        if (_next++ == _frame.SplitLine)
        {
            (_counter, _rowLine, _repeat, _isLower, _startsRow) = (0, 0, 0, true, true);
        }

        VgaLine line = new(_counter & _frame.AddressMask, _rowLine, _isLower, _startsRow);
        _startsRow = false;
        if (++_repeat < _frame.Repeats)
        {
            return line;
        }

        _repeat = 0;
        if (++_rowLine >= _frame.RowLines)
        {
            _rowLine = 0;
            _startsRow = true;
            _counter = (_counter + _frame.Pitch) & _frame.AddressMask;
        }

        return line;
    }
}
