locals {
  yes     = true
  nothing = null
  list    = ["a", "b", "c"]
  map     = { k2 = "v2", k1 = "v1" }
  nums    = [3, 1, 2]
  object  = { name = "dev", nested = { deep = [1, 2] }, flag = true, n = 5 }
  objects = [
    { name = "x", kind = "one", tags = ["t1", "t2"] },
    { name = "y", kind = "two", tags = [] },
    { name = "z", kind = "one", tags = ["t4"] },
  ]
  groups = {
    admins = { policies = ["manage a", "read b"], comps = ["c1", "c2"] }
    devs   = { policies = ["use c"], comps = ["c1"] }
    none   = { policies = [], comps = [] }
  }
  mixed  = [1, "a", true, null]
  nested = [["a", "b"], ["c"], []]
  csv    = "name,role\nana,admin\n\"b, c\",dev\n"
  yml    = <<-Y
    policies:
      - name: p1
        statements:
          - "allow group A to read x in tenancy"
          - >
            allow group B
            to read y in tenancy
      - {name: p2, statements: []}
    on: 1
    date: 2020-01-02
    oct: 0o17
    big: 12345678901234567890
    str: !!str 5
    multi: |+
      keep

    last: ~
  Y
  hd     = <<-EOT
    Allow group ${local.object.name} to
      read buckets
    in tenancy
  EOT
  hd0    = <<-EOT
  flush
   one
      deep ${local.list[0]}

  ${local.list[1]} start
EOT
  hd1    = <<EOT
%{for g in local.list~}
Allow group ${g} to read buckets in tenancy
%{endfor~}
EOT
  hd2    = <<-EOT
    %{for i, g in local.list}
    ${i}: ${g}%{if i < 2},%{endif}
    %{endfor}
  EOT
  hd3    = <<-EOT
    a
    %{~if local.yes~}
    b
    %{~else~}
    c
    %{~endif~}
    d
  EOT
  hd4    = <<-EOT
    x ${~local.list[0]~} y
      ${~local.list[1]} z
  EOT
  hd5    = <<-EOT
	tab
	  more
  EOT
  hd6    = <<-EOT
  EOT
  hd7    = <<EOT

EOT
  hd8    = <<-EOT
      ${local.list[0]}
    b
  EOT
}
variable "vs" {
  type    = set(string)
  default = ["b", "a"]
}
variable "vm" {
  type    = map(object({ comp = string, verbs = optional(list(string), ["read"]), extra = optional(map(string)), deep = optional(object({ a = optional(string, "A"), b = optional(number) }), {}) }))
  default = { one = { comp = "c1" }, two = { comp = "c2", verbs = ["use", "manage"], extra = { k = "v" }, deep = { b = "3" } } }
}
variable "tup" {
  type    = tuple([string, number, bool])
  default = ["1", "2", "true"]
}
variable "anyv" {
  type    = any
  default = { a = 1, b = ["x"] }
}
variable "ma" {
  type    = map(any)
  default = { a = 1, b = "x" }
}
variable "la" {
  default = ["a", 1, true]
}
variable "nul" {
  type    = string
  default = null
}
variable "nn" {
  type     = string
  default  = "dflt"
  nullable = false
}
variable "sl" {
  type    = set(number)
  default = ["10", "9", "1"]
}
variable "so" {
  type    = set(object({ n = string, v = number }))
  default = [{ n = "b", v = 1 }, { n = "a", v = 2 }, { n = "b", v = 0 }]
}
variable "ll" {
  type    = list(list(string))
  default = [["x", 1], []]
}
