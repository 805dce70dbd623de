locals {
  yes     = true
  nothing = null
  list    = ["a", "b", "c"]
  map     = { k2 = "v2", k1 = "v1" }
  object  = { name = "dev", nested = { deep = [1, 2] } }
  objects = [
    { name = "x", kind = "one", tags = ["t1", "t2"] },
    { name = "y", kind = "two", tags = ["t3"] },
    { name = "z", kind = "one", tags = ["t4"] },
  ]
  objects_by_name = { for o in local.objects : o.name => o }
  shape           = "Name $${name} %%{ for l in list }<$${l}>%%{ endfor }"
  heredoc         = <<EOT
Allow group A to read buckets in tenancy

  Allow group ${local.object.name} to read buckets in tenancy
EOT
  indented        = <<-EOT
    first
      second ${local.list[0]}
    third "quoted" \n not escaped $${x}
  EOT
  directive       = <<-EOT
    %{ for v in local.list ~}
    item ${v}
    %{ endfor ~}
    %{ if local.yes }
    yes
    %{ else }
    no
    %{ endif }
    end
  EOT
}

variable "typed" {
  type = object({
    name  = string
    list  = optional(list(string), ["d1", "d2"])
    inner = optional(object({ flag = optional(bool, true), other = optional(string) }), {})
  })
  default = { name = 5, extra = "dropped" }
}

variable "set_of" {
  type    = set(string)
  default = ["b", "a", "b"]
}

variable "map_of" {
  type    = map(string)
  default = { a = 1, b = true }
}

variable "numbers" {
  type    = list(number)
  default = ["1", 2]
}

variable "any_list" {
  type    = list(any)
  default = ["a", 1]
}

variable "list_of_objects" {
  type = list(object({ name = string, mode = optional(string, "ro") }))
  default = [{ name = "n1" }, { name = "n2", mode = "rw" }]
}
