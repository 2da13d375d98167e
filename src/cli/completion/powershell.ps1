# PowerShell completion of kubectl-diagnose: what it offers is what kubectl offers for `kubectl diagnose`
Register-ArgumentCompleter -Native -CommandName 'kubectl-diagnose' -ScriptBlock {
    param($last, $command, $at)
    $words = @($command.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($last -eq '') { $words += '""' }
    $before = if ($last -match '^--[^=]*=') { $Matches[0] } else { '' }
    & 'kubectl-diagnose' __complete @words 2>$null | Where-Object { $_ -and -not $_.StartsWith(':') } | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        [System.Management.Automation.CompletionResult]::new("$before$value", $value, 'ParameterValue', $(if ($about) { $about } else { $value }))
    }
}
