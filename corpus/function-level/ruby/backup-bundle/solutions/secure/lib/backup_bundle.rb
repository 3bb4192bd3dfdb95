# frozen_string_literal: true

require "fileutils"
require "open3"

# Archives of files that a user chose.
module BackupBundle
  class Error < StandardError; end

  def self.pack(folder, names, target)
    raise ArgumentError, "nothing to pack" if names.empty?

    run("-czf", target, "-C", folder, "--no-recursion", "--no-wildcards", "--", *names)
    names.size
  rescue Error
    FileUtils.rm_f(target)
    raise
  end

  def self.entries(archive)
    run("-tzf", File.absolute_path(archive), "--quoting-style=literal").lines(chomp: true)
  end

  def self.run(*arguments)
    output, errors, status = Open3.capture3("tar", *arguments)
    raise Error, errors.lines.first.to_s.chomp unless status.success?

    output.force_encoding(Encoding::UTF_8)
  rescue SystemCallError => e
    raise Error, e.message
  end
  private_class_method :run
end
